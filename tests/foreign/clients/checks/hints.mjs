import { rows } from './suite.mjs'
import { pick } from './iso.mjs'

/** Relations named by their foreign keys, and those that a name leaves open. */
export async function hints(t, db, iso) {
  const country = new Map(iso.countries.map((c) => [c.alpha_2, c]))
  const subdivision = new Map(iso.subdivisions.map((s) => [s.code, s]))
  const belgian = iso.subdivisions.filter((s) => s.country_code === 'BE')
  const children = (code) => pick(iso.subdivisions.filter((s) => s.parent_code === code), 'code')
  const query = (select) => db.from('subdivisions').select(select).eq('country_code', 'BE')

  const withCountry = belgian.map((s) => ({ code: s.code, countries: { alpha_3: country.get('BE').alpha_3 } }))
  await t.check('select', 'hint by the name of a foreign key', {
    want: withCountry, got: () => rows(query('code, countries!subdivisions_country_code_fkey(alpha_3)')),
  })
  await t.check('select', 'hint by the column of a foreign key', {
    want: withCountry, got: () => rows(query('code, countries!country_code(alpha_3)')),
  })
  await t.check('select', 'a hint with !inner, and a filter by the alias', {
    want: [], unlike: { 'the filter ignored': withCountry },
    got: () => rows(query('code, land:countries!country_code!inner(alpha_3)').eq('land.alpha_3', 'FRA')),
  })
  await t.check('select', '!left says what holds anyway', {
    want: withCountry, got: () => rows(query('code, countries!left(alpha_3)')),
  })
  const both = belgian.map((s) => ({
    code: s.code, up: s.parent_code === null ? null : pick([subdivision.get(s.parent_code)], 'name')[0], down: children(s.code),
  }))
  await t.check('select', 'a table related to itself, up by the column and down by the hint', {
    want: both,
    unlike: { 'the other way round': both.map((s) => ({ code: s.code, up: s.down, down: s.up })) },
    got: () => rows(query('code, up:parent_code(name), down:subdivisions!parent_code(code)')),
  })
  await t.check('select', 'a table related to itself, without a hint: the rows below', {
    want: belgian.map((s) => ({ code: s.code, subdivisions: children(s.code) })),
    unlike: { 'the row above': belgian.map((s) => ({ code: s.code, subdivisions: s.parent_code && pick([subdivision.get(s.parent_code)], 'code')[0] })) },
    got: () => rows(query('code, subdivisions(code)')),
  })
  const typed = iso.pairs.filter((p) => p.country_code === 'BE').map((p) => p.type_name).sort()
  await t.check('select', 'hint by the table in the middle', {
    want: [{ types: typed.map((name) => ({ name })) }],
    got: () => rows(db.from('countries').select('types:subdivision_types!country_subdivision_types(name)').eq('alpha_2', 'BE')),
  })
}
