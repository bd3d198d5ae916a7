import { column, count } from './suite.mjs'
import { compare, fold, pluck } from './iso.mjs'

/** Every comparison of one column with values. */
export async function filters(t, db, iso) {
  await equality(t, db, iso)
  await comparisons(t, db, iso)
  await patterns(t, db, iso)
  await lists(t, db, iso)
  await truth(t, db, iso)
}

/** Asks for the keys of the rows for which keep holds; mistakes are other such functions. */
export function keys(t, db, table, key, list) {
  return (method, what, keep, mistakes, filter) => {
    const select = (f) => pluck(list.filter(f), key)
    const unlike = Object.fromEntries(Object.entries(mistakes).map(([name, f]) => [name, select(f)]))
    return t.check(method, what, { want: select(keep), unlike, got: () => column(filter(db.from(table).select(key)), key) })
  }
}

async function equality(t, db, iso) {
  const countries = keys(t, db, 'countries', 'alpha_2', iso.countries)
  const subdivisions = keys(t, db, 'subdivisions', 'code', iso.subdivisions)
  const languages = keys(t, db, 'languages', 'alpha_3', iso.languages)

  await subdivisions('eq', 'a letter with an accent is another letter',
    (s) => s.name === 'Pará', { 'nothing found': () => false, 'accents ignored': (s) => /^Par[aá]$/.test(s.name) },
    (q) => q.eq('name', 'Pará'))
  await countries('eq', 'another case is another value',
    () => false, { 'case ignored': (c) => fold(c.name) === 'aruba' }, (q) => q.eq('name', 'aruba'))
  const comma = iso.countries.find((c) => c.name.includes(',') && c.name.includes("'"))
  await countries('eq', 'commas, quotes and brackets are plain text',
    (c) => c.name === comma.name, { 'nothing found': () => false }, (q) => q.eq('name', comma.name))
  await countries('eq', 'digits stay text',
    (c) => c.numeric === '004', { 'as a number': () => false }, (q) => q.eq('numeric', '004'))
  await countries('eq', 'digits stay text, so 4 is not 004',
    () => false, { 'as a number': (c) => Number(c.numeric) === 4 }, (q) => q.eq('numeric', '4'))
  await countries('eq', '% and * are no wildcards',
    () => false, { 'as like': (c) => /^S.*a$/.test(c.name) }, (q) => q.eq('name', 'S%a').neq('name', 'S*a'))
  await t.check('neq', 'leaves out nulls', {
    want: iso.languages.filter((l) => l.alpha_2 !== null && l.alpha_2 !== 'aa').length,
    unlike: { 'nulls are other values': iso.languages.filter((l) => l.alpha_2 !== 'aa').length },
    got: () => count(db.from('languages').select('*', { count: 'exact', head: true }).neq('alpha_2', 'aa')),
  })
  await languages('match', 'all of several columns',
    (l) => l.scope === 'S' && l.type === 'S',
    { 'any of them': (l) => l.scope === 'S' || l.type === 'S' || l.type === 'C', 'the last only': (l) => l.living === false && l.type === 'C' },
    (q) => q.match({ scope: 'S', type: 'S' }))
  await languages('eq', 'repeated filters on one column all hold',
    (l) => l.alpha_2 > 'x' && l.alpha_2 < 'yo',
    { 'the last only': (l) => l.alpha_2 !== null && l.alpha_2 < 'yo', 'the first only': (l) => l.alpha_2 > 'x' },
    (q) => q.gt('alpha_2', 'x').lt('alpha_2', 'yo'))
  await languages('filter', 'eq false on a boolean',
    (l) => l.living === false && l.type === 'C', { true: (l) => l.living && l.type === 'C' },
    (q) => q.filter('living', 'eq', false).filter('type', 'eq', 'C'))
}

async function comparisons(t, db, iso) {
  const types = keys(t, db, 'subdivision_types', 'name', iso.types)
  const limit = iso.types.find((type) => type.name === 'Parish').uses
  await types('gt', 'numbers by value, the bound not included',
    (x) => x.uses > limit, { 'as text': (x) => String(x.uses) > String(limit), gte: (x) => x.uses >= limit }, (q) => q.gt('uses', limit))
  await types('gte', 'the bound included',
    (x) => x.uses >= limit, { gt: (x) => x.uses > limit }, (q) => q.gte('uses', limit))
  await types('lt', 'numbers by value, the bound not included',
    (x) => x.uses < limit, { 'as text': (x) => String(x.uses) < String(limit), lte: (x) => x.uses <= limit }, (q) => q.lt('uses', limit))
  await types('lte', 'the bound included',
    (x) => x.uses <= limit, { lt: (x) => x.uses < limit }, (q) => q.lte('uses', limit))

  const subdivisions = keys(t, db, 'subdivisions', 'code', iso.subdivisions)
  await subdivisions('gte', 'text by code points: letters with accents follow z',
    (s) => compare(s.name, 'zz') >= 0,
    { 'by the language': (s) => s.name.localeCompare('zz', 'en') >= 0 }, (q) => q.gte('name', 'zz'))
  await subdivisions('lt', 'text by code points: capitals precede small letters',
    (s) => s.country_code === 'LV' && compare(s.name, 'a') < 0,
    { 'by the language': (s) => s.country_code === 'LV' && s.name.localeCompare('a', 'en') < 0 },
    (q) => q.eq('country_code', 'LV').lt('name', 'a'))
}

async function patterns(t, db, iso) {
  const subdivisions = keys(t, db, 'subdivisions', 'code', iso.subdivisions)
  const types = keys(t, db, 'subdivision_types', 'name', iso.types)
  await types('like', 'case counts',
    (x) => x.name.includes('city'), { ilike: (x) => fold(x.name).includes('city') }, (q) => q.like('name', '%city%'))
  await types('like', 'the whole value, not a part of it',
    (x) => x.name.startsWith('City'), { anywhere: (x) => x.name.includes('City') || x.name.includes('city') }, (q) => q.like('name', 'City%'))
  await types('like', '_ is exactly one letter',
    (x) => /^T.wn$/.test(x.name), { literal: (x) => x.name === 'T_wn', 'any number': (x) => /^T.*wn/.test(x.name) }, (q) => q.like('name', 'T_wn'))
  await subdivisions('like', '_ is one letter, not one byte',
    (s) => /^.land$/u.test(s.name), { 'one byte': (s) => /^[ -~]land$/.test(s.name) }, (q) => q.like('name', '_land'))
  await types('like', '* is another way to write %',
    (x) => x.name.endsWith('region'), { literal: (x) => x.name === '*region', ilike: (x) => fold(x.name).endsWith('region') },
    (q) => q.like('name', '*region'))
  await subdivisions('like', 'a dot is a dot and a bracket a bracket',
    (s) => s.name.includes('(EH)'), { 'a regular expression': (s) => /EH/.test(s.name) }, (q) => q.like('name', '%(EH)%'))
  await types('ilike', 'letters of ASCII fold',
    (x) => fold(x.name).startsWith('city'), { like: (x) => x.name.startsWith('city') }, (q) => q.ilike('name', 'cItY%'))
  const ascii = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  await subdivisions('ilike', 'Å and å are one letter',
    (s) => fold(s.name).includes('åland'), { 'ASCII folds only': (s) => ascii(s.name).includes('åland') }, (q) => q.ilike('name', '%åLAND%'))
  await subdivisions('ilike', 'Ş, Č, Đ in the pattern match ş, č, đ in the value',
    (s) => /[şčđ].*[şčđ]/.test(fold(s.name)), {
      'ASCII folds only': (s) => /[ŞČĐ].*[ŞČĐ]/.test(ascii(s.name)),
    }, (q) => q.or(['Ş', 'Č', 'Đ'].flatMap((a) => ['Ş', 'Č', 'Đ'].map((b) => `name.ilike.*${a}*${b}*`)).join(',')))
  await subdivisions('ilike', 'the capital dotted I folds to i, on every engine',
    (s) => fold(s.name).startsWith('istan') || fold(s.name).startsWith('izm'),
    { 'it folds to nothing': (s) => ascii(s.name).startsWith('istan') || ascii(s.name).startsWith('izm') },
    (q) => q.or('name.ilike.istan*,name.ilike.izm*'))
  await subdivisions('regexMatch', 'case counts',
    (s) => /^S(aint|an) J/.test(s.name), { 'case ignored': (s) => /^S(aint|an) J/i.test(s.name) && !/^San J/.test(s.name) },
    (q) => q.regexMatch('name', '^S(aint|an) J'))
  await types('regexMatch', 'anywhere in the value',
    (x) => /city$/.test(x.name), { 'the whole value': (x) => x.name === 'city', 'case ignored': (x) => /city$/i.test(x.name) },
    (q) => q.regexMatch('name', 'city$'))
  await types('regexIMatch', 'case does not count',
    (x) => /^(city|TOWN)/i.test(x.name), { 'case counts': (x) => /^(city|TOWN)/.test(x.name) },
    (q) => q.regexIMatch('name', '^(city|TOWN)'))
}

async function lists(t, db, iso) {
  const countries = keys(t, db, 'countries', 'alpha_2', iso.countries)
  const types = keys(t, db, 'subdivision_types', 'name', iso.types)
  const awkward = pluck(iso.countries.filter((c) => /[,()']/.test(c.name)), 'name')
  await countries('in', 'elements with commas, brackets and apostrophes',
    (c) => awkward.includes(c.name), { 'split at commas': (c) => awkward.flatMap((n) => n.split(/[,()]/)).includes(c.name) },
    (q) => q.in('name', awkward))
  const word = 'Islands, groups of islands'
  await types('in', 'an element that holds the separator of another',
    (x) => [word, 'Island', 'State'].includes(x.name),
    { 'split at commas': (x) => [...word.split(', '), 'Island', 'State'].includes(x.name) }, (q) => q.in('name', [word, 'Island', 'State']))
  await countries('in', 'no element, no row',
    () => false, { 'no filter': () => true }, (q) => q.in('alpha_2', []))
  const codes = pluck(iso.countries, 'alpha_2').filter((_, i) => i % 3 === 0)
  await countries('in', `${codes.length} elements`,
    (c) => codes.includes(c.alpha_2), { 'the first only': (c) => c.alpha_2 === codes[0] }, (q) => q.in('alpha_2', codes))
  const without = (list) => (l) => l.alpha_2 !== null && !list.includes(l.alpha_2) && l.alpha_2 < 'av'
  await keys(t, db, 'languages', 'alpha_3', iso.languages)('notIn', 'leaves out the elements and nulls',
    without(['aa', 'af']), {
      in: (l) => ['aa', 'af'].includes(l.alpha_2),
      'with nulls': (l) => !['aa', 'af'].includes(l.alpha_2) && (l.alpha_2 === null || l.alpha_2 < 'av'),
    }, (q) => q.notIn('alpha_2', ['aa', 'af']).lt('alpha_2', 'av'))
}

async function truth(t, db, iso) {
  const countries = keys(t, db, 'countries', 'alpha_2', iso.countries)
  const languages = keys(t, db, 'languages', 'alpha_3', iso.languages)
  await countries('is', 'null',
    (c) => c.official_name === null, { 'not null': (c) => c.official_name !== null, nothing: () => false }, (q) => q.is('official_name', null))
  await countries('not', 'is null',
    (c) => c.common_name !== null, { null: (c) => c.common_name === null }, (q) => q.not('common_name', 'is', null))
  await languages('is', 'false',
    (l) => !l.living && l.alpha_2 !== null, { true: (l) => l.living && l.alpha_2 !== null },
    (q) => q.is('living', false).not('alpha_2', 'is', null))
  await t.check('is', 'true', {
    want: iso.languages.filter((l) => l.living).length,
    unlike: { false: iso.languages.filter((l) => !l.living).length },
    got: () => count(db.from('languages').select('*', { count: 'exact', head: true }).is('living', true)),
  })
  await countries('not', 'like, leaving out nulls',
    (c) => c.common_name !== null && !c.common_name.includes('K'),
    { 'with nulls': (c) => !c.common_name?.includes('K'), like: (c) => c.common_name?.includes('K') },
    (q) => q.not('common_name', 'like', '%K%'))
  await countries('not', 'in',
    (c) => c.alpha_2 < 'AI' && !['AD', 'AF'].includes(c.alpha_2), { in: (c) => ['AD', 'AF'].includes(c.alpha_2) },
    (q) => q.not('alpha_2', 'in', '("AD",AF)').lt('alpha_2', 'AI'))
}
