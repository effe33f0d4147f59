#!/usr/bin/env python3
"""Mails in all languages, in the styles of real ones: their language and that
of the answer.  lang.py JAVOB MAILS-DIRECTORY TEMPLATES-DIRECTORY

Each line of MAILS-DIRECTORY/*.tsv is a mail: language, style, text, in which
backslash-n is a line break. TAP on stdout: a figure for each, and what missed.
"""
import base64
import email.header
import json
import os
import re
import subprocess
import sys
import tempfile

QUOTE = ('\n\nOn Mon, Nov 16, 2026 at 9:14 AM Support <support@shop.example> wrote:\n'
         '> Thank you for contacting us. Your request has been received and\n'
         '> registered. Our team will reply within one business day.\n')
SIGNATURE = ('\n\n-- \nJohn Smith\nSales manager, Example Trading LLC\n'
             'Phone: +998 71 000 00 00\nwww.example.com\n')
FOOTER = ('\n\n' + '_' * 40 + '\nThis e-mail and any attachments are confidential and intended solely\n'
          'for the addressee. If you have received it in error, please delete it.\n')
FORWARD = ('\n\n-----Original Message-----\nFrom: Ann <ann@shop.example>\n'
           'Sent: Monday, November 16, 2026 9:14 AM\nTo: customer\nSubject: your order\n\n'
           'Dear customer, we are sorry for the delay and are looking into the problem.\n')
CHARSETS = {'windows1251': 'windows-1251', 'koi8r': 'koi8-r', 'koi8u': 'koi8-u', 'latin1': 'iso-8859-1'}


def write_mail(number, style, text):
    subject, kind, charset = 'Order %d' % number, 'plain', CHARSETS.get(style, 'utf-8')
    if style == 'subject':
        subject, text = text, ''
    elif style == 'quoted':
        text += QUOTE
    elif style == 'signed':
        text += SIGNATURE
    elif style == 'footer':
        text += FOOTER
    elif style == 'forward':
        text += FORWARD
    elif style == 'html':
        kind = 'html'
        text = ('<html><head><style>p { color: red } .footer { margin: 0 }</style></head>'
                '<body><p>%s</p></body></html>' % text)
    return ('From: a%d@customer.example\nTo: support@shop.example\nSubject: %s\n'
            'Message-ID: <%d@customer.example>\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n'
            'MIME-Version: 1.0\nContent-Type: text/%s; charset=%s\n'
            'Content-Transfer-Encoding: base64\n\n%s' % (
                number, email.header.Header(subject, 'utf-8').encode(), number, kind, charset,
                base64.encodebytes(text.encode(charset)).decode())).encode()


def letter_of(tag, written):
    """The language of the letter that somebody who writes in tag should get."""
    while tag not in written and '-' in tag:
        tag = tag.rsplit('-', 1)[0]
    return tag if tag in written else 'en'


def figure(title, got, want, least):
    missed = [(w, g, mail) for g, (w, mail) in zip(got, want) if g != w]
    share = 100.0 * (len(want) - len(missed)) / len(want)
    for w, g, mail in missed:
        print('# %s taken for %s: %s: %s' % (w, g, mail[1], mail[2][:90]))
    good = len(got) == len(want) and share >= least
    print('%sok - %s: %.1f %% of %d, at least %d' % ('' if good else 'not ', title, share, len(want), least))


def main():
    javob, folder, templates = sys.argv[1:]
    mails = []
    for name in sorted(os.listdir(folder)):
        if name.endswith('.tsv'):
            with open(os.path.join(folder, name), encoding='utf-8') as f:
                for line in f:
                    tag, style, text = line.rstrip('\n').split('\t')
                    mails.append((tag, style, text.replace('\\n', '\n')))
    written = {d for d in os.listdir(templates)
               if os.path.exists(os.path.join(templates, d, 'ack-plain.txt'))}
    print('1..3')
    with tempfile.TemporaryDirectory() as work:
        paths = []
        for number, (_, style, text) in enumerate(mails):
            paths.append(os.path.join(work, '%04d.eml' % number))
            with open(paths[-1], 'wb') as f:
                f.write(write_mail(number, style, text))
        out = subprocess.run([javob, 'inspect'] + paths, stdout=subprocess.PIPE, check=True).stdout
        told = [json.loads(line)['language'] for line in out.decode().splitlines()]
        figure('language by the mail alone', [t and t['tag'] for t in told], [(m[0], m) for m in mails], 99)

        config = os.path.join(work, 'javob.conf')
        with open(config, 'w') as f:
            f.write('[gateway]\nstate-dir = %s/state\ntemplates = %s\n'
                    '[mailbox support]\naddress = support@shop.example\nqueue = main\n'
                    '[queue main]\nagents = agent@shop.example\n' % (work, templates))
        subprocess.run([javob, '-c', config, 'init'], check=True, stdout=subprocess.DEVNULL)
        tickets, letters = [], []
        for path in paths:
            out = subprocess.run([javob, '-c', config, 'explain', path], check=True,
                                 stdout=subprocess.PIPE).stdout.decode()
            said = re.search(r'^language: (\S+):', out, re.M)
            letter = re.search(r'^language: ack\S* is written in (\S+)', out, re.M)
            tickets.append(said and said.group(1))
            letters.append(letter and letter.group(1))
    figure('language of the ticket', tickets, [(m[0], m) for m in mails], 99)
    figure('language of the answer', letters, [(letter_of(m[0], written), m) for m in mails], 99)


if __name__ == '__main__':
    main()
