#!/usr/bin/python3
"""mails.py JAVOB DIRECTORY - what `javob inspect` says of the mails in DIRECTORY
against expect.jsonl there (README beside it). TAP, one test a mail; all mails
in one call. At the end: a site adds a row to the word tables."""
import json
import os
import subprocess
import sys
import tempfile

# In a language that no table knows.
ADDED = b"""From: ann@shop.invalid
To: support@desk.invalid
Subject: Re: mendo

Dankon.

Desk skribis:
> Malnova.
"""
ROW = 'eo\tProbo\t{who} skribis:\tq\t\t(invented)\tlow\n'


def added(javob):
    """new_text without and with the row, and what a broken row ends in, for
    inspect and for thread."""
    with tempfile.TemporaryDirectory() as words:
        def ask(row, *command):
            with open(os.path.join(words, 'attribution.tsv'), 'w',
                      encoding='utf-8') as f:
                f.write(row)
            return subprocess.run(
                [javob, *command], input=ADDED, timeout=60, check=False,
                env=dict(os.environ, JAVOB_WORDS=words),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        before, after = ask('# none\n', 'inspect'), ask(ROW, 'inspect')
        broken = [ask(ROW[3:], *command) for command in
                  (['inspect'], ['thread', '/dev/null'])]
    return (json.loads(before.stdout)['new_text'],
            json.loads(after.stdout)['new_text'],
            [(b.returncode, b.stderr.decode()) for b in broken])


def faults(want, got):
    for key in ('kind', 'may_answer', 'subject'):
        if got.get(key) != want[key]:
            yield key, want[key], got.get(key)
    author = got.get('from') or {}
    if {k: author.get(k) for k in want['from']} != want['from']:
        yield 'from', want['from'], author
    if (got.get('new_text') or '').rstrip('\n') != want['new_text']:
        yield 'new_text', want['new_text'], got.get('new_text')
    if 'quoted' in want and (got.get('quoted_lines', 0) > 0) != want['quoted']:
        yield 'quoted_lines', want['quoted'], got.get('quoted_lines')
    # What is left out is still in the whole.
    words = (got.get('body_text') or '').split()
    for word in want['new_text'].split():
        if word not in words:
            yield 'body_text', word, None
            break
    if got.get('defects'):
        yield 'defects', [], got['defects']


def main():
    javob, directory = sys.argv[1:3]
    with open(os.path.join(directory, 'expect.jsonl'), encoding='utf-8') as f:
        wants = [json.loads(line) for line in f]
    paths = [os.path.join(directory, want['file']) for want in wants]
    ran = subprocess.run([javob, 'inspect'] + paths, stdout=subprocess.PIPE,
                         timeout=120, check=False)
    lines = ran.stdout.decode('utf-8').splitlines()
    gots = {os.path.basename(o['file']): o for o in map(json.loads, lines)}
    number = 0

    def tell(title, bad):
        nonlocal number
        number += 1
        print('%s %d - %s' % ('not ok' if bad else 'ok', number, title))
        for key, want, got in bad:
            print('# %s\n#   want %s\n#   got  %s' % (
                key, json.dumps(want, ensure_ascii=False),
                json.dumps(got, ensure_ascii=False)))

    for want in wants:
        got = gots.get(want['file'])
        tell(want['file'][:-4].replace('-', ' '),
             list(faults(want, got)) if got else [('it', 'an answer', None)])
    listed = {want['file'] for want in wants}
    found = {n for n in os.listdir(directory) if n.endswith('.eml')}
    tell('each mail has an expectation',
         [('file', None, n) for n in sorted(found - listed)])
    tell('all went in one call', [] if ran.returncode == 0 and
         len(lines) == len(wants) else [('exit', 0, ran.returncode)])
    before, after, broken = added(javob)
    tell('a row that a site adds changes what is new', [] if (
        before, after) == ('Dankon.\n\nDesk skribis:', 'Dankon.') else
        [('new_text', 'Dankon.', [before, after])])
    tell('a row that is none is told with file and line, by each command',
         [] if all(status == 78 and 'attribution.tsv:1: ' in fault
                   for status, fault in broken) else
         [('exit', 'a fault', broken)])
    print('1..%d' % number)


main()
