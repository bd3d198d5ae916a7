import { count } from './suite.mjs'
import { fold, pluck } from './iso.mjs'
import { keys } from './filters.mjs'

/** Comparisons with any or all of several values, and with NULL as a value. */
export async function quantifiers(t, db, iso) {
  const types = keys(t, db, 'subdivision_types', 'name', iso.types)
  const languages = keys(t, db, 'languages', 'alpha_3', iso.languages)
  const is = (...words) => (x) => words.some((word) => x.name.includes(word))

  await types('likeAnyOf', 'one pattern of several',
    is('city', 'region'), { likeAllOf: (x) => is('city')(x) && is('region')(x), 'the first only': is('city') },
    (q) => q.likeAnyOf('name', ['%city%', '%region%']))
  await types('likeAllOf', 'each of several patterns',
    (x) => is('city')(x) && is('a')(x), { likeAnyOf: is('city', 'a'), 'the first only': is('city') },
    (q) => q.likeAllOf('name', ['%city%', '%a%']))
  await types('ilikeAnyOf', 'case does not count',
    (x) => /city|town/.test(fold(x.name)), { likeAnyOf: is('CITY', 'Town') },
    (q) => q.ilikeAnyOf('name', ['%CITY%', '%Town%']))
  await types('ilikeAllOf', 'case does not count',
    (x) => /^c/.test(fold(x.name)) && /y/.test(fold(x.name)), { likeAllOf: (x) => /^c/.test(x.name) && /y/.test(x.name) },
    (q) => q.ilikeAllOf('name', ['c%', '%Y%']))
  await languages('filter', 'eq(any): one value of several',
    (l) => ['deu', 'fra'].includes(l.alpha_3), { 'the first only': (l) => l.alpha_3 === 'deu', nothing: () => false },
    (q) => q.filter('alpha_3', 'eq(any)', '{deu,fra}'))
  await types('filter', 'gt(all): beyond each value',
    (x) => x.uses > 300, { 'gt(any)': (x) => x.uses > 100 }, (q) => q.filter('uses', 'gt(all)', '{100,300}'))
  await types('or', 'any inside a group',
    (x) => x.name === 'Parish' || x.uses > 1000, { 'the group only': (x) => x.name === 'Parish' },
    (q) => q.or('name.eq(any).{Parish,none},uses.gt(any).{1000,2000}'))
  await t.check('isDistinct', 'nulls are other values', {
    want: pluck(iso.languages.filter((l) => l.alpha_2 !== 'aa'), 'alpha_3').length,
    unlike: { neq: iso.languages.filter((l) => l.alpha_2 !== null && l.alpha_2 !== 'aa').length },
    got: () => count(db.from('languages').select('*', { count: 'exact', head: true }).isDistinct('alpha_2', 'aa')),
  })
}
