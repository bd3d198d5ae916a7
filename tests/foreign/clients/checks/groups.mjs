import { column } from './suite.mjs'
import { pluck } from './iso.mjs'

/** Conditions joined by or and and, and their negations. */
export async function groups(t, db, iso) {
  const countries = (what, keep, mistakes, filter) =>
    t.check('or', what, {
      want: pluck(iso.countries.filter(keep), 'alpha_2'),
      unlike: Object.fromEntries(Object.entries(mistakes).map(([name, f]) => [name, pluck(iso.countries.filter(f), 'alpha_2')])),
      got: () => column(filter(db.from('countries').select('alpha_2')), 'alpha_2'),
    })

  await countries('either of two columns',
    (c) => c.alpha_2 === 'FR' || c.alpha_3 === 'DEU', { and: () => false, 'the first only': (c) => c.alpha_2 === 'FR' },
    (q) => q.or('alpha_2.eq.FR,alpha_3.eq.DEU'))
  await countries('an and within, with a negation',
    (c) => c.alpha_2 === 'AW' || (c.alpha_2 > 'V' && c.official_name !== null),
    {
      'negation lost': (c) => c.alpha_2 === 'AW' || (c.alpha_2 > 'V' && c.official_name === null),
      flat: (c) => c.alpha_2 === 'AW' || c.alpha_2 > 'V' || c.official_name !== null,
      'and binds the whole': (c) => (c.alpha_2 === 'AW' || c.alpha_2 > 'V') && c.official_name !== null,
    },
    (q) => q.or('alpha_2.eq.AW,and(alpha_2.gt.V,official_name.not.is.null)'))
  await countries('values in quotes may hold commas and brackets',
    (c) => ['Korea, Republic of', 'Saint Martin (French part)'].includes(c.name) || c.alpha_2 === 'AW',
    { 'split at commas': (c) => c.alpha_2 === 'AW' },
    (q) => q.or('name.eq."Korea, Republic of",name.eq."Saint Martin (French part)",alpha_2.eq.AW'))
  await countries('a list within',
    (c) => ['AD', 'AE'].includes(c.alpha_2) || c.numeric === '004', { 'the list only': (c) => ['AD', 'AE'].includes(c.alpha_2) },
    (q) => q.or('alpha_2.in.(AD,AE),numeric.eq.004'))
  await countries('two groups both hold',
    (c) => (c.alpha_2 < 'AG' || c.alpha_2 > 'Y') && (c.official_name === null || c.numeric < '010'),
    {
      'the last only': (c) => c.official_name === null || c.numeric < '010',
      'either of them': (c) => c.alpha_2 < 'AG' || c.alpha_2 > 'Y' || c.official_name === null || c.numeric < '010',
    },
    (q) => q.or('alpha_2.lt.AG,alpha_2.gt.Y').or('official_name.is.null,numeric.lt.010'))
  await countries('a group and a filter beside it',
    (c) => (c.alpha_2 < 'AG' || c.alpha_2 > 'Y') && c.official_name === null,
    { 'either of them': (c) => c.alpha_2 < 'AG' || c.alpha_2 > 'Y' || c.official_name === null },
    (q) => q.or('alpha_2.lt.AG,alpha_2.gt.Y').is('official_name', null))
  await countries('a negated group, which nulls do not pass',
    (c) => c.common_name !== null && !(c.common_name.startsWith('B') || c.alpha_2 > 'T'),
    {
      'with nulls': (c) => !(c.common_name?.startsWith('B') || c.alpha_2 > 'T'),
      'not negated': (c) => c.common_name?.startsWith('B') || c.alpha_2 > 'T',
    },
    (q) => q.or('not.or(common_name.like.B*,alpha_2.gt.T)'))
  await countries('three levels',
    (c) => c.alpha_2 === 'AW' || (c.alpha_2 > 'T' && (c.common_name !== null || (c.numeric > '800' && c.official_name === null))),
    {
      'the third level lost': (c) => c.alpha_2 === 'AW' || (c.alpha_2 > 'T' && c.common_name !== null),
      'the second level lost': (c) => c.alpha_2 === 'AW' || c.alpha_2 > 'T',
    },
    (q) => q.or('alpha_2.eq.AW,and(alpha_2.gt.T,or(common_name.not.is.null,and(numeric.gt.800,official_name.is.null)))'))
}
