#!/usr/bin/env python3
"""Adds lines as people really type them.  augment.py < LINES > MORE

Uzbek in its other script; without apostrophes; without the letters that a
Latin or a Russian keyboard lacks; Russian, Kazakh and Karakalpak in the other
alphabet. What is added is made of what was read: nothing else comes in.
"""
import re
import sys
import unicodedata
import zlib

CYRL = dict(zip('абвгдеёжзийклмнопрстуфхцчшъыьэюяўқғҳ',
                ("a b v g d e yo j z i y k l m n o p r s t u f x ts ch sh ' i _ e yu ya o' q g' h").split()))
PAIRS = (("o'", 'ў'), ("g'", 'ғ'), ('sh', 'ш'), ('ch', 'ч'), ('yo', 'ё'), ('yu', 'ю'), ('ya', 'я'), ('ye', 'е'))
ONES = dict(zip("abdefghijklmnopqrstuvxyzc'", 'абдефгҳижклмнопқрстувхйзсъ'))
APOSTROPHES = re.compile('[ʻʼ‘’`´]')

# How Russian is written with Latin letters, one way after the other.
RUSSIAN = [dict(zip('абвгдеёжзийклмнопрстуфхцчшщъыьэюя', way.split())) for way in (
    "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya",
    "a b v g d e e zh z i j k l m n o p r s t u f h c ch sh sch _ y ' e u ya",
    "a b v g d e jo zh z i j k l m n o p r s t u f h ts ch sh sh _ i _ e ju ja",
    "a b v g d e yo j z i y k l m n o p r s t u f x ts ch w w _ y _ e yu ya",
)]
# Kazakh: the alphabet of 2018, that of 2021, and by ear.
KAZAKH = [dict(zip('аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя', way.split())) for way in (
    "a á b v g ǵ d e yo j z ı ı k q l m n ń o ó p r s t ý u ú f h h ts ch sh sh _ y i _ e yu ya",
    "a ä b v g ğ d e yo j z i i k q l m n ñ o ö p r s t u ū ü f h h ts ch ş ş _ y i _ e yu ya",
    "a a b v g g d e yo zh z i i k k l m n n o o p r s t u u u f h h ts ch sh sh _ y i _ e yu ya",
)]
KARAKALPAK = (('sh', 'ш'), ('ch', 'ч'), ('ya', 'я'), ('yu', 'ю'), ('yo', 'ё'))
KARAKALPAK1 = dict(zip('aábdefgǵhijklmnńoópqrstuúvwxyzıc', 'аәбдефгғҳижклмнңоөпқрстуүвўхйзыц'))
ASCII = str.maketrans('əƏıİ', 'eEiI')
RUSSIAN_KEYS = str.maketrans('әөүұқғңһіўҳҷӣӯҗӘӨҮҰҚҒҢҺІЎҲҶӢӮҖ', 'аоуукгнхиухчиужАОУУКГНХИУХЧИУЖ')
PLAIN = {'az': 3, 'tr': 3, 'tk': 3, 'crh': 4, 'kaa': 4, 'tt-Latn': 4}
KEYED = {'kk': 6, 'ky': 6, 'uz-Cyrl': 6, 'tg': 6, 'tt': 6, 'ba': 8, 'kaa-Cyrl': 6, 'mn': 8}
EUROPEAN = set('de fr es it pt nl pl ro cs sk hu hr sr-Latn sl sv da nb fi et lv lt ca gl eu sq vi ku'.split())


def spell(text, table):
    return ''.join(table.get(c, c) for c in text.lower()).replace('_', '')


def to_cyrillic(text, pairs, ones):
    text = text.lower()
    for a, b in pairs:
        text = text.replace(a, b)
    text = re.sub(r'\be', 'э', text)
    return ''.join(ones.get(c, c) for c in text)


def plain(text):
    return ''.join(c for c in unicodedata.normalize('NFD', text.translate(ASCII))
                   if not unicodedata.combining(c)).replace('ø', 'o').replace('ł', 'l').replace('đ', 'd').replace('ß', 'ss')


def more(tag, text):
    n = zlib.crc32(text.encode())
    if tag == 'uz':
        text = APOSTROPHES.sub("'", text)
        yield 'uz-Cyrl', to_cyrillic(text, PAIRS, ONES)
        if n % 4 == 0:
            yield 'uz', text.replace("'", '')
    elif tag == 'uz-Cyrl':
        yield 'uz', spell(text, CYRL)
    elif tag == 'ru':
        yield 'ru-Latn', spell(text, RUSSIAN[n % len(RUSSIAN)])
    elif tag == 'kk':
        yield 'kk-Latn', spell(text, KAZAKH[n % len(KAZAKH)])
    elif tag == 'kaa':
        yield 'kaa-Cyrl', to_cyrillic(text, KARAKALPAK, KARAKALPAK1)
        yield 'kaa', spell(text, dict(zip('áóúǵńı', "a' o' u' g' n' i".split())))
    if tag in PLAIN and n % PLAIN[tag] == 0:
        yield tag, plain(text)
    elif tag in EUROPEAN and n % 8 == 0:
        yield tag, plain(text)
    elif tag in KEYED and n % KEYED[tag] == 0:
        yield tag, text.translate(RUSSIAN_KEYS)


def main():
    for line in sys.stdin:
        tag, text = line.rstrip('\n').split('\t', 1)
        print(tag, text, sep='\t')
        for t, x in more(tag, text):
            print(t, x, sep='\t')
            if t in KEYED and t != tag and zlib.crc32(x.encode()) % KEYED[t] == 0:
                print(t, x.translate(RUSSIAN_KEYS), sep='\t')


if __name__ == '__main__':
    main()
