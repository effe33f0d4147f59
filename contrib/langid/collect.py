#!/usr/bin/env python3
"""Reads lines of each language out of unpacked Debian packages.

  collect.py LANGUAGES ROOT LINES COUNTS

ROOT/PACKAGE/ is a package, unpacked. LINES becomes "TAG TAB line", sorted by
language; COUNTS "TAG TAB lines TAB letters TAB
package lines, ..." for the packages that most of them come from.

A fifth of all messages, by a hash of their English original, is never read:
they are for tests (see README).
"""
import collections
import functools
import hashlib
import json
import os
import re
import struct
import sys

MOST = 12000    # lines of a language,
MOST_EXPECTED = 30000   # of one that a gateway is sure to get mail in (prior 0)
WORDS_MOST = 6000
SHORTEST, LONGEST = 8, 600

MARKUP = [(re.compile(p), r) for p, r in (
    (r'\{\{(?:PLURAL|GENDER|GRAMMAR|plural|gender):[^{}|]*\|([^{}|]*)[^{}]*\}\}', r'\1'),
    (r'\{\{[^{}]*\}\}', ' '),
    (r'\[\[(?:[^][|]*\|)?([^][]*)\]\]', r'\1'),
    (r'\[(?:https?:|//|\$)\S* ?([^][]*)\]', r'\1'),
    (r'<[^<>]*>', ' '),
    (r'&[a-z]+;|&#\d+;', ' '),
    (r'(?:https?|ftp|mailto):\S+|www\.\S+|\S+@\S+', ' '),
    (r'%\d*\$?[-+ 0-9.]*[a-zA-Z]+|\$\{?\w+\}?|%\(\w+\)s|\{\w*\}|%\d', ' '),
    (r"'{2,}|[_&~*=|#]", ''),
    (r'\([A-Za-z_]\)', ''),
    (r'\\[nt]', ' '),
    (r'\s+', ' '),
)]
ENGLISH = set('the of and to is you this for not with are be your that from have will was which'.split())

SCRIPTS = {
    'Latn': re.compile('[A-Za-z\u00c0-\u024f\u0259\u1e00-\u1eff]'),
    'Cyrl': re.compile('[\u0400-\u052f]'),
    'Arab': re.compile('[\u0620-\u06ff\u0750-\u077f]'),
    'Deva': re.compile('[\u0900-\u097f]'),
}
LETTER = re.compile(r'[^\W\d_]')


def clean(text):
    for pattern, by in MARKUP:
        text = pattern.sub(by, text)
    return text.strip()


@functools.lru_cache(maxsize=None)
def read_english(english):
    """Its clean form, or None if the message is for tests."""
    cleaned = clean(english)
    if any(int(hashlib.sha1(form.encode()).hexdigest()[:8], 16) % 5 == 0
           for form in {english, cleaned}):
        return None
    return cleaned


def read_mo(path):
    with open(path, 'rb') as f:
        data = f.read()
    if len(data) < 20:
        return
    order = '<' if data[:4] == b'\xde\x12\x04\x95' else '>'
    _, _, n, ids, texts = struct.unpack(order + '5I', data[:20])
    for i in range(n):
        a, b = struct.unpack_from(order + '2I', data, ids + 8 * i)
        c, d = struct.unpack_from(order + '2I', data, texts + 8 * i)
        key = data[b:b + a].split(b'\4')[-1].split(b'\0')[0]
        if key:
            yield (key.decode('utf-8', 'replace'),
                   data[d:d + c].split(b'\0')[-1].decode('utf-8', 'replace'))


def catalogues(root, wanted):
    """(package, code, English, text) of every message."""
    for package in sorted(os.listdir(root)):
        for folder, dirs, files in sorted(os.walk(os.path.join(root, package))):
            dirs.sort()
            english = None
            for name in sorted(files):
                path = os.path.join(folder, name)
                if name.endswith('.mo'):
                    m = re.search(r'/([^/]+)/LC_MESSAGES/', path)
                    code = m.group(1) if m else re.sub(r'^admin-(network-)?', '', name[:-3])
                    if code in wanted:
                        for key, text in read_mo(path):
                            yield package, code, key, text
                elif name.endswith('.json') and 'i18n' in folder:
                    if name[:-5] not in wanted:
                        continue
                    if english is None:
                        try:
                            with open(os.path.join(folder, 'en.json'), encoding='utf-8') as f:
                                english = json.load(f)
                        except (OSError, ValueError):
                            english = {}
                    with open(path, encoding='utf-8') as f:
                        for key, text in json.load(f).items():
                            if isinstance(text, str) and isinstance(english.get(key), str):
                                yield package, name[:-5], english[key], text


def words(root):
    """Words of spelling dictionaries: (package, tag, word)."""
    for package, tag, name in (('hunspell-kk', 'kk', 'kk_KZ'), ('hunspell-uz', 'uz', 'uz_UZ'),
                               ('hunspell-be', 'be', 'be_BY')):
        path = os.path.join(root, package, 'usr/share/hunspell', name + '.dic')
        if not os.path.exists(path):
            continue
        with open(path, encoding='utf-8', errors='replace') as f:
            for line in sorted(f):
                word = re.split(r'[/\t]', line.strip())[0]
                if len(word) > 3 and word.islower():
                    yield package, tag, word


def is_of(script, text):
    letters = LETTER.findall(text)
    return len(letters) >= SHORTEST and \
        len(SCRIPTS[script].findall(text)) > 0.7 * len(letters)


def main():
    _, table, root, lines_out, counts_out = sys.argv
    languages = []          # (group, tag, codes, lines at most)
    for line in open(table, encoding='utf-8'):
        if line.strip() and line[0] != '#':
            group, tag, prior, *codes = line.split()
            languages.append((group, tag, codes, MOST_EXPECTED if prior == '0' else MOST))
    wanted = {code for _, _, codes, _ in languages for code in codes} - {'en'}
    by_code = {}
    for group, tag, codes, _ in languages:
        for code in codes:
            by_code[code] = (group, tag)
    texts = collections.defaultdict(dict)       # tag -> text -> package
    owners = collections.defaultdict(set)       # text -> tags
    for package, code, english, text in catalogues(root, wanted):
        english = read_english(english)
        if english is None or len(text) > 2 * LONGEST:
            continue
        group, tag = by_code[code]
        text = clean(text)
        if SHORTEST <= len(english) <= LONGEST:
            texts['en'].setdefault(english, package)
            owners[english].add('en')
        if not SHORTEST <= len(text) <= LONGEST or not is_of(group, text):
            continue
        if group == 'Latn' and sum(w in ENGLISH for w in text.lower().split()) >= 2:
            continue
        texts[tag].setdefault(text, package)
        owners[text].add(tag)
    spelled = collections.defaultdict(dict)
    for package, tag, word in words(root):
        spelled[tag][word] = package
    with open(lines_out, 'w', encoding='utf-8') as out, open(counts_out, 'w', encoding='utf-8') as counts:
        for _, tag, _, most in sorted(languages, key=lambda x: x[1]):
            own = [t for t in texts[tag] if len(owners[t]) == 1]
            chosen = sorted(own, key=lambda t: hashlib.sha1(t.encode()).digest())[:most]
            more = sorted(spelled[tag], key=lambda t: hashlib.sha1(t.encode()).digest())[:WORDS_MOST]
            by = collections.Counter([texts[tag][t] for t in chosen] + [spelled[tag][t] for t in more])
            for text in chosen:
                out.write('%s\t%s\n' % (tag, text))
            for i in range(0, len(more), 6):
                out.write('%s\t%s\n' % (tag, ' '.join(more[i:i + 6])))
            counts.write('%s\t%d\t%d\t%s\n' % (
                tag, len(chosen) + (len(more) + 5) // 6,
                sum(len(LETTER.findall(t)) for t in chosen + more),
                ', '.join('%s %d' % x for x in sorted(by.items(), key=lambda x: (-x[1], x[0]))[:5]) + (' ...' if len(by) > 5 else '')))


if __name__ == '__main__':
    main()
