/* faq_words.c - see faq_words.h. policy/faq uses it for entries and for mails
 * alike, so that both come out the same. */
#include "policy/faq_words.h"

#include <string.h>

#include "ground/text.h"

enum {
	TEXT_MOST = 8192, /* octets of a mail: its matter stands above that */
	STEM_LEAST = 4,   /* letters that endings leave */
	STEM_MOST = 6,    /* what follows is mostly endings, too */
	WORD_LEAST = 3,
	ENDINGS_MOST = 3, /* of one word */
};

/* Letters for others that stand in their place on a plain keyboard. What
 * Unicode takes apart (ş, ў, й) needs no line. */
static const struct {
	gunichar letter, plain;
} plain_letters[] = {
	{ 0x0259, 'e' },    /* schwa */
	{ 0x0131, 'i' },    /* dotless i */
	{ 0x00f8, 'o' },
	{ 0x0142, 'l' },
	{ 0x00df, 's' },
	{ 0x049b, 0x043a }, /* Kazakh, Uzbek, Kyrgyz, Tajik */
	{ 0x0493, 0x0433 },
	{ 0x04a3, 0x043d },
	{ 0x04e9, 0x043e },
	{ 0x04af, 0x0443 },
	{ 0x04b1, 0x0443 },
	{ 0x04bb, 0x0445 },
	{ 0x04b3, 0x0445 },
	{ 0x04d9, 0x0430 },
	{ 0x0456, 0x0438 },
	{ 0x04b7, 0x0447 },
};

/* Endings in plain letters, and words that say nothing by themselves. */
static const struct {
	const char *language, *endings, *idle;
} languages[] = {
	{ "uz",
	    "larimizni larimiz larini larim larni larga lardan larda larning "
	    "lari lar ingizni ingiz imizni imizga imiz ning imni imga ini iga "
	    "idan ida ni ga ka qa da dan im ing si i "
	    "moqchiman moqchi moqchiydim ish ishni ishga yapman yapti yapmayapti "
	    "olmayapman mayapti ladi adi idi ydi gan ganman dim di sa sam man "
	    "siz mi b ib",
	    "qanday qanaqa qachon nima uchun bilan mumkin kerak boladi bolsa "
	    "salom assalomu alaykum iltimos rahmat men sizlar sizning bizning "
	    "necha qancha qayer ham juda bor edi ekan lekin va yoki qilish "
	    "qilmoq qilib bering boyicha hali bir nega kim" },
	{ "az",
	    "larimiz lerimiz larini lerini larin lerin lardan lerden larda "
	    "lerde lara lere lari leri lar ler imizi umuzu imiz umuz iniz unuz "
	    "inizi sini sinin nin nun dan den imi umu ini unu imdan imden "
	    "da de ami emi im um m in un si su ni nu ya ye a e i u maq mek masi mesi "
	    "mayib meyib ilib ulub lib acaq ecek mir mur ir ur mis mus isem "
	    "isen ib ub dim dum di du",
	    "nece nevaxt vaxt nece ucun ile olar olaram lazim edim etmeli salam "
	    "xahis edirem zehmet olmasa var bizim sizin men siz hele neye bir "
	    "hansi kim harada haradan nedir necedir isteyirem" },
	{ "tr",
	    "larimizi larimiz lerimiz larini lerini larin lerin lardan lerden "
	    "larda lerde lara lere lari leri lar ler imizi umuzu imiz umuz iniz "
	    "unuz sinin nin nun dan den tan ten imi umu ini unu simi imden "
	    "da de ta te ami emi im um m in un si su ni nu yi yu ya ye a e i u mak mek "
	    "masi mesi meyi mayi iyorum uyorum miyor iyor uyor yor acak ecek "
	    "mis mus dim dum tim di du ti tu ir ur yim la le",
	    "nasil zaman icin ile olur olabilir lazim yapmali yapmaliyim "
	    "merhaba lutfen var mi benim bizim sizin ben siz hala neden bir "
	    "hangi kim nerede nereden nedir kac kadar istiyorum daha" },
	{ "kk",
	    "ларымызды ларымыз лерин ларын лардан лерден ларда лерде ларга "
	    "лерге лары лери лар лер дары дери дар дер тары тери тар тер "
	    "ымызды имизди ымызга имизге ымыз имиз ынызды ыныз иниз нын нин дын "
	    "дин тын тин дан ден тан тен нан нен ымды имди ымнан имнен ымнын "
	    "ын ин ды ди ты ти ны ни га ге ка ке на не да де та те ым им сы си "
	    "ы и мен пен бен уге уга у йды йди ады еди леди лады ыпты ипти ып "
	    "ип ган ген кан кен ыппын иппин",
	    "калай кашан керек болады бола салеметсиз салем отинем сиздер мен "
	    "бар едим екен бирак жане немесе неше канша кайдан кандай неге "
	    "коп али бир кай ким истеу жасаймын" },
	{ "ru",
	    "иями ями ами ого его ому ему ыми ими иях ях ах ов ев ей ой ий ый "
	    "ая яя ое ее ые ие ую юю ам ям ом ем ия ию ии ться тся ть ться ся "
	    "сь ла ло ли л ет ит ат ят ют ут ете ите а я о е у ю ы и ь",
	    "как когда что где для или если это есть здравствуйте добрый день "
	    "пожалуйста спасибо мой моя мне вас вам ваш нас нам был быть можно "
	    "нужно надо делать сколько почему уже еще очень кто кем нужен" },
	{ "en", "ings ing edly ed es s ly",
	    "how when what where which who the and for with from are was were "
	    "you your yours have has had can could will would should does did "
	    "not hello hi dear please thank thanks there this that them they "
	    "our out its get got now one want like need mine one" },
};

/* Letters without marks, apostrophes gone, words apart by one space. */
static char *
plain_text(const char *text)
{
	g_autofree char *cut = g_strndup(text, strnlen(text, TEXT_MOST));
	g_autofree char *valid = text_valid(cut, -1);
	g_autofree char *folded = text_fold(valid);
	g_autofree char *apart =
	    g_utf8_normalize(folded, -1, G_NORMALIZE_DEFAULT);
	GString *out = g_string_new(NULL);

	for (const char *p = apart; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (g_unichar_ismark(c) || c == '\'' || c == '`' ||
		    c == 0x2018 || c == 0x2019 || c == 0x02bb || c == 0x02bc)
			continue;
		for (guint i = 0; i < G_N_ELEMENTS(plain_letters); i++)
			if (plain_letters[i].letter == c)
				c = plain_letters[i].plain;
		if (g_unichar_isalpha(c))
			g_string_append_unichar(out, c);
		else if (out->len > 0 && out->str[out->len - 1] != ' ')
			g_string_append_c(out, ' ');
	}
	return g_string_free(out, FALSE);
}

static gboolean
is_one_of(const char *words, const char *word)
{
	gsize length = strlen(word);

	for (const char *p = words; (p = strstr(p, word)) != NULL; p += length)
		if ((p == words || p[-1] == ' ') &&
		    (p[length] == ' ' || p[length] == '\0'))
			return TRUE;
	return FALSE;
}

/* Takes the longest of endings off. FALSE if none fits. */
static gboolean
cut_ending(char *word, const char *endings)
{
	gsize length = strlen(word), best = 0;

	for (const char *p = endings; *p != '\0'; p += strspn(p, " ")) {
		gsize n = strcspn(p, " ");

		if (n > best && n < length &&
		    strncmp(word + length - n, p, n) == 0 &&
		    g_utf8_strlen(word, (gssize)(length - n)) >= STEM_LEAST)
			best = n;
		p += n;
	}
	word[length - best] = '\0';
	return best > 0;
}

GPtrArray *
faq_stems(const char *text, const char *language)
{
	GPtrArray *stems = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *plain = plain_text(text);
	g_auto(GStrv) words = g_strsplit(plain, " ", -1);
	const char *endings = "", *idle = "";
	gsize primary = strcspn(language, "-");

	for (guint i = 0; i < G_N_ELEMENTS(languages); i++)
		if (strlen(languages[i].language) == primary &&
		    g_ascii_strncasecmp(languages[i].language, language,
			primary) == 0) {
			endings = languages[i].endings;
			idle = languages[i].idle;
		}
	for (guint i = 0; words[i] != NULL; i++) {
		char *word = words[i];

		if (g_utf8_strlen(word, -1) < WORD_LEAST ||
		    is_one_of(idle, word))
			continue;
		for (guint n = 0; n < ENDINGS_MOST; n++)
			if (!cut_ending(word, endings))
				break;
		if (g_utf8_strlen(word, -1) > STEM_MOST)
			*g_utf8_offset_to_pointer(word, STEM_MOST) = '\0';
		if (!g_ptr_array_find_with_equal_func(
			stems, word, g_str_equal, NULL))
			g_ptr_array_add(stems, g_strdup(word));
	}
	return stems;
}
