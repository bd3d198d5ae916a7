import { count, refusal, rows } from './suite.mjs'
import { compare, pluck, sorted } from './iso.mjs'

/** Values made of rows, and of groups of rows. */
export async function aggregates(t, db, iso) {
  const greatest = (list) => list.reduce((a, b) => (compare(a, b) < 0 ? b : a))
  const total = iso.types.reduce((sum, type) => sum + type.uses, 0)
  const uses = pluck(iso.types, 'uses')

  await t.check('aggregates', 'count, sum, min and max over the rows a filter selects', {
    want: [{ count: iso.types.length, sum: total, min: Math.min(...uses), max: Math.max(...uses), last: greatest(pluck(iso.types, 'name')) }],
    unlike: { 'a row of each': iso.types },
    got: () => rows(db.from('subdivision_types').select('count(), uses.sum(), uses.min(), uses.max(), last:name.max()')),
  })
  await t.check('aggregates', 'avg is a number', {
    want: [{ avg: total / iso.types.length }],
    unlike: { text: [{ avg: String(total / iso.types.length) }] },
    got: () => rows(db.from('subdivision_types').select('uses.avg()')),
  })

  const groups = new Map()
  for (const language of iso.languages) groups.set(language.scope, (groups.get(language.scope) ?? 0) + 1)
  const scopes = sorted([...groups].map(([scope, n]) => ({ scope, n })), 'scope')
  await t.check('aggregates', 'groups by the columns selected, in their order', {
    want: scopes,
    unlike: { 'one group': [{ n: iso.languages.length }] },
    got: () => rows(db.from('languages').select('scope, n:count()')),
  })
  await t.check('aggregates', 'a page of groups in another order, with the number of groups', {
    want: [scopes.toReversed().slice(0, 2), scopes.length],
    unlike: { 'the number of rows': [scopes.toReversed().slice(0, 2), iso.languages.length] },
    got: async () => {
      const page = () => db.from('languages').select('scope, n:count()', { count: 'exact' }).order('scope', { ascending: false }).limit(2)
      return [await rows(page()), await count(page())]
    },
  })

  const few = iso.countries.filter((c) => c.alpha_2 < 'AM')
  const of = (country) => iso.subdivisions.filter((s) => s.country_code === country.alpha_2)
  await t.check('aggregates', 'the number of related rows, as people write it', {
    want: few.map((c) => ({ alpha_2: c.alpha_2, subdivisions: [{ count: of(c).length }] })),
    unlike: { 'rows without any lost': few.filter((c) => of(c).length).map((c) => ({ alpha_2: c.alpha_2, subdivisions: [{ count: of(c).length }] })) },
    got: () => rows(db.from('countries').select('alpha_2, subdivisions(count)').lt('alpha_2', 'AM')),
  })
  await t.check('aggregates', 'groups of related rows that pass a filter', {
    want: few.map((c) => ({ alpha_2: c.alpha_2, subdivisions: byType(of(c).filter((s) => s.name < 'M')) })),
    unlike: { 'the filter lost': few.map((c) => ({ alpha_2: c.alpha_2, subdivisions: byType(of(c)) })) },
    got: () => rows(db.from('countries').select('alpha_2, subdivisions(type_name, count(), code.max())').lt('alpha_2', 'AM').lt('subdivisions.name', 'M')),
  })
  await t.check('aggregates', 'of text there is no sum', {
    want: { status: 400, code: '42804' },
    got: () => refusal(db.from('countries').select('name.sum()')),
  })
}

function byType(list) {
  const groups = new Map()
  for (const s of list) groups.set(s.type_name, [...(groups.get(s.type_name) ?? []), s.code])
  return sorted([...groups].map(([type_name, codes]) => ({ type_name, count: codes.length, max: codes.toSorted(compare).at(-1) })), 'type_name')
}
