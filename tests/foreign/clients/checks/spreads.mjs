import { rows } from './suite.mjs'
import { pick } from './iso.mjs'

/** Columns of a related row among those of the row. */
export async function spreads(t, db, iso) {
  const country = new Map(iso.countries.map((c) => [c.alpha_2, c]))
  const subdivision = new Map(iso.subdivisions.map((s) => [s.code, s]))
  const some = iso.subdivisions.filter((s) => s.country_code === 'AZ')
  const query = (select) => db.from('subdivisions').select(select).eq('country_code', 'AZ')
  const parent = (s) => subdivision.get(s.parent_code)
  const azeri = country.get('AZ')

  await t.check('select', 'spread, with an alias', {
    want: some.map((s) => ({ code: s.code, alpha_3: azeri.alpha_3, land: azeri.name })),
    unlike: { 'an object': some.map((s) => ({ code: s.code, country: { alpha_3: azeri.alpha_3, land: azeri.name } })) },
    got: () => rows(query('code, ...country(alpha_3, land:name)')),
  })
  await t.check('select', 'spread, null where there is no row', {
    want: some.map((s) => ({ code: s.code, up: parent(s)?.name ?? null })),
    unlike: { 'rows without one lost': some.filter(parent).map((s) => ({ code: s.code, up: parent(s).name })) },
    got: () => rows(query('code, ...parent(up:name)')),
  })
  await t.check('select', 'a spread in a spread and an embed in it', {
    want: some.map((s) => ({
      code: s.code, up: parent(s)?.name ?? null, flag: parent(s) ? azeri.flag : null,
      children: parent(s) ? pick(iso.subdivisions.filter((x) => x.parent_code === s.parent_code), 'code') : [],
    })),
    got: () => rows(query('code, ...parent(up:name, children(code), ...country(flag))')),
  })
  await t.check('!inner', 'a spread, filtered', {
    want: some.filter((s) => parent(s)?.name > 'N').map((s) => ({ code: s.code, up: parent(s).name })),
    unlike: { 'parents kept': some.map((s) => ({ code: s.code, up: parent(s)?.name ?? null })) },
    got: () => rows(query('code, ...parent!inner(up:name)').gt('parent.name', 'N')),
  })
}
