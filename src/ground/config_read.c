/* config_read.c - the lines of the configuration file.
 *
 * A fault is noted and reading goes on, so that the sysadmin sees all of
 * them; what is broken stays at its default. */
#include <string.h>

#include "ground/config_private.h"
#include "ground/text.h"

#define NAME_MOST  64 /* longer words are not compared with known names */
#define QUOTE_MOST 80 /* characters of the file that a message repeats */

/* Where the reader stands in the file. */
typedef struct Reader {
	Config *config;
	GPtrArray *errors;
	int line;
	ConfigSection *section; /* NULL: none yet, or an unknown one */
	ConfigSection *stray;   /* second of its name: read, checked, dropped */
	gboolean skips;         /* what follows belongs to a fault */
	ConfigSetting *setting; /* whose value may go on; NULL: none */
	gboolean dropped;       /* the line before was a fault's */
	GString *value;
} Reader;

/* The row that speaks of the section itself, or NULL. */
static const ConfigOption *
naming_row(const Config *config, const char *kind)
{
	for (guint i = 0; i < config->options->len; i++) {
		const ConfigOption *option = config->options->pdata[i];

		if (*option->name == '\0' && strcmp(option->section, kind) == 0)
			return option;
	}
	return NULL;
}

/* --- names that nearly fit ------------------------------------------------ */

/* Levenshtein's distance of two short words. */
static guint
distance(const char *a, const char *b)
{
	guint row[NAME_MOST + 1];
	gsize n = strlen(b);

	for (guint j = 0; j <= n; j++)
		row[j] = j;
	for (guint i = 1; *a != '\0'; a++, i++) {
		guint corner = row[0];

		row[0] = i;
		for (gsize j = 1; j <= n; j++) {
			guint change = corner + (*a != b[j - 1]);

			corner = row[j];
			row[j] = MIN(MIN(row[j], row[j - 1]) + 1, change);
		}
	}
	return row[n];
}

/* Keeps in *best the candidate that is nearest to word, if it is near. */
static void
weigh(const char *word, const char *candidate, guint *least, const char **best)
{
	guint d;

	if (strlen(word) > NAME_MOST || strlen(candidate) > NAME_MOST)
		return;
	d = distance(word, candidate);
	if (d < *least && d <= 1 + strlen(candidate) / 3) {
		*least = d;
		*best = candidate;
	}
}

static void
unknown_option(const Reader *r, const char *name)
{
	g_autofree char *shown = text_clean_line(name, QUOTE_MOST);
	const GPtrArray *settings = r->section->settings;
	const GPtrArray *options = r->config->options;
	const char *best = NULL;
	guint least = G_MAXUINT;

	for (guint i = 0; i < settings->len; i++) {
		const ConfigSetting *setting = settings->pdata[i];

		weigh(name, setting->option->name, &least, &best);
	}
	if (best != NULL) {
		config_fault(r->config, r->errors, r->line,
		    "unknown option \"%s\" in [%s]; did you mean \"%s\"?",
		    shown, r->section->kind, best);
		return;
	}
	for (guint i = 0; i < options->len; i++) {
		const ConfigOption *option = options->pdata[i];

		if (strcmp(option->name, name) != 0)
			continue;
		config_fault(r->config, r->errors, r->line,
		    "option \"%s\" does not belong in [%s] but in [%s]", shown,
		    r->section->kind, option->section);
		return;
	}
	config_fault(r->config, r->errors, r->line,
	    "unknown option \"%s\" in [%s]", shown, r->section->kind);
}

static void
unknown_section(const Reader *r, const char *kind)
{
	g_autofree char *shown = text_clean_line(kind, QUOTE_MOST);
	g_autoptr(GString) known = g_string_new(NULL);
	const char *best = NULL;
	guint least = G_MAXUINT;

	for (guint i = 0; i < r->config->absent->len; i++) {
		const ConfigSection *section = r->config->absent->pdata[i];

		weigh(kind, section->kind, &least, &best);
		g_string_append_printf(known, "%s%s", i > 0 ? ", " : "",
		    section->kind);
	}
	if (best != NULL)
		config_fault(r->config, r->errors, r->line,
		    "unknown section [%s]; did you mean [%s]?", shown, best);
	else
		config_fault(r->config, r->errors, r->line,
		    "unknown section [%s]; there are: %s", shown, known->str);
}

/* --- lines ---------------------------------------------------------------- */

/* The value is complete when something else begins. */
static void
end_value(Reader *r)
{
	ConfigSetting *setting = r->setting;
	g_autofree char *shown = NULL, *wanted = NULL;
	ConfigValue value;

	r->setting = NULL;
	if (setting == NULL)
		return;
	if (r->value->len == 0 && setting->option->required) {
		config_fault(r->config, r->errors, setting->line,
		    "%s is empty: %s", setting->option->name,
		    setting->option->help);
		return;
	}
	wanted = config_value_parse(setting->option, r->value->str,
	    r->config->dir, &value);
	if (wanted == NULL) {
		config_value_clear(&setting->value);
		setting->value = value;
		setting->is_set = TRUE;
		return;
	}
	shown = text_clean_line(r->value->str, QUOTE_MOST);
	config_fault(r->config, r->errors, setting->line,
	    "value \"%s\" of %s: %s", shown, setting->option->name, wanted);
}

static void
end_section(Reader *r)
{
	ConfigSection *section = r->section;

	end_value(r);
	r->section = NULL;
	if (section != NULL && r->stray == NULL) {
		for (guint i = 0; i < section->settings->len; i++) {
			const ConfigSetting *setting =
			    section->settings->pdata[i];
			const ConfigOption *option = setting->option;

			if (option->required && setting->line == 0)
				config_fault(r->config, r->errors,
				    section->line, "[%s%s%s] needs %s: %s",
				    section->kind,
				    section->name == NULL ? "" : " ",
				    section->name == NULL ? "" : section->name,
				    option->name, option->help);
		}
	}
	g_clear_pointer(&r->stray, config_section_free);
}

/* Cuts a comment and the white space around what is left. */
static char *
strip(char *text)
{
	for (char *p = text; *p != '\0'; p++)
		if (*p == '#' && p > text && g_ascii_isspace(p[-1])) {
			*p = '\0';
			break;
		}
	return g_strstrip(text);
}

static void
begin_section(Reader *r, const char *kind, const char *name)
{
	Config *config = r->config;
	const ConfigOption *row = naming_row(config, kind);
	ConfigSection *first;

	if (config_find_section(config->absent, kind, NULL) == NULL) {
		unknown_section(r, kind);
		return;
	}
	if (name != NULL && !config_value_is_name(name)) {
		g_autofree char *shown = text_clean_line(name, QUOTE_MOST);

		config_fault(config, r->errors, r->line,
		    "name \"%s\" of [%s]: letters, digits, \"-\", \"_\" and "
		    "\".\" make a name",
		    shown, kind);
		return;
	}
	if (name == NULL && row != NULL && row->required)
		config_fault(config, r->errors, r->line,
		    "[%s] needs a name, such as [%s %s]", kind, kind,
		    row->fallback == NULL ? "NAME" : row->fallback);
	r->section = config_section_new(config, kind, name, r->line);
	r->skips = FALSE;
	first = config_find_section(config->sections, kind, name);
	if (first == NULL) {
		g_ptr_array_add(config->sections, r->section);
		return;
	}
	r->stray = r->section;
	config_fault(config, r->errors, r->line,
	    "[%s%s%s] stands here for the second time; first in line %d", kind,
	    name == NULL ? "" : " ", name == NULL ? "" : name, first->line);
}

/* "[" kind [ white-space name ] "]" */
static void
read_section(Reader *r, char *line)
{
	char *close = strchr(line, ']');
	char *kind = line + 1, *name;

	end_section(r);
	r->dropped = FALSE;
	r->skips = TRUE; /* until the section turns out to be a good one */
	if (close == NULL || close[1] != '\0') {
		g_autofree char *shown = text_clean_line(line, QUOTE_MOST);

		config_fault(r->config, r->errors, r->line,
		    "\"%s\": a section is [KIND] or [KIND NAME]", shown);
		return;
	}
	*close = '\0';
	g_strstrip(kind);
	name = strpbrk(kind, " \t");
	if (name != NULL) {
		*name++ = '\0';
		g_strchug(name);
	}
	begin_section(r, kind, name);
}

/* The setting that "name = value" speaks of; NULL is a fault, noted. */
static ConfigSetting *
named_setting(const Reader *r, const char *name, const char *value)
{
	g_autofree char *shown = text_clean_line(name, QUOTE_MOST);
	ConfigSetting *setting;

	if (r->section == NULL) {
		if (!r->skips)
			config_fault(r->config, r->errors, r->line,
			    "\"%s\" stands before the first [section]", shown);
		return NULL;
	}
	if (value == NULL || *name == '\0') {
		config_fault(r->config, r->errors, r->line,
		    "\"%s\": an option is: name = value", shown);
		return NULL;
	}
	setting = config_find_setting(r->section, name);
	if (setting == NULL) {
		unknown_option(r, name);
		return NULL;
	}
	if (setting->line > 0) {
		config_fault(r->config, r->errors, r->line,
		    "%s stands here for the second time; first in line %d",
		    name, setting->line);
		return NULL;
	}
	return setting;
}

static void
read_option(Reader *r, char *line)
{
	char *value = strchr(line, '=');

	end_value(r);
	if (value != NULL) {
		*value++ = '\0';
		g_strstrip(line);
		g_strstrip(value);
	}
	r->setting = named_setting(r, line, value);
	r->dropped = r->setting == NULL;
	if (r->setting != NULL) {
		r->setting->line = r->line;
		g_string_assign(r->value, value);
	}
}

/* White space in front: the value before goes on. That is seldom meant by a
 * line that looks like an option, and never if there is no value before. */
static void
read_continuation(Reader *r, const char *line)
{
	gsize n = strcspn(line, " \t=");
	g_autofree char *word = g_strndup(line, n);
	g_autofree char *shown = text_clean_line(line, QUOTE_MOST);

	if ((*line == '[' && line[strlen(line) - 1] == ']') ||
	    (r->section != NULL && line[n + strspn(line + n, " \t")] == '=' &&
		config_find_setting(r->section, word) != NULL)) {
		config_fault(r->config, r->errors, r->line,
		    "%s begins with white space, which goes on with the line "
		    "before: remove it",
		    *line == '[' ? shown : word);
	} else if (r->setting != NULL) {
		if (r->value->len > 0)
			g_string_append_c(r->value, ' ');
		g_string_append(r->value, line);
	} else if (!r->skips && !r->dropped) {
		config_fault(r->config, r->errors, r->line,
		    "\"%s\" begins with white space, but there is no value "
		    "to go on with",
		    shown);
	}
}

static gboolean
has_control(const char *line)
{
	for (; *line != '\0'; line++)
		if (g_ascii_iscntrl(*line) && *line != '\t')
			return TRUE;
	return FALSE;
}

static void
read_line(Reader *r, char *line, gsize n)
{
	gboolean goes_on = g_ascii_isspace(*line);

	if (n > 0 && line[n - 1] == '\r')
		line[--n] = '\0';
	if (strlen(line) != n || !g_utf8_validate(line, -1, NULL)) {
		config_fault(r->config, r->errors, r->line,
		    "not UTF-8 text: save the file as UTF-8");
		return;
	}
	if (*line == '#' || *line == ';')
		return;
	if (has_control(line)) {
		config_fault(r->config, r->errors, r->line,
		    "a control character stands in this line: remove it");
		return;
	}
	line = strip(line);
	if (*line == '\0') {
		end_value(r);
		r->dropped = FALSE;
	} else if (goes_on && *line != '#') {
		read_continuation(r, line);
	} else if (*line == '[') {
		read_section(r, line);
	} else if (*line != '#') {
		read_option(r, line);
	}
}

void
config_read(Config *config, char *text, gsize size, GPtrArray *errors)
{
	g_autoptr(GString) value = g_string_new(NULL);
	Reader r = { .config = config, .errors = errors, .value = value };
	char *end = text + size;

	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	while (text < end) {
		char *stop = memchr(text, '\n', (gsize)(end - text));

		if (stop == NULL)
			stop = end;
		*stop = '\0'; /* GLib puts a NUL behind the contents */
		r.line++;
		read_line(&r, text, (gsize)(stop - text));
		text = stop + 1;
	}
	end_section(&r);
}
