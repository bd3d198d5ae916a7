import { rows } from './suite.mjs'
import { pick, pluck } from './iso.mjs'

/** Rows by whether an embed is null: by what they are not related to. */
export async function absence(t, db, iso) {
  const provinces = new Set(iso.subdivisions.filter((s) => s.type_name === 'Province').map((s) => s.country_code))
  const some = new Set(iso.subdivisions.map((s) => s.country_code))
  const countries = (select) => db.from('countries').select(select)

  await t.check('is', 'null, of an embed: rows without related ones', {
    want: pluck(iso.countries.filter((c) => !some.has(c.alpha_2)), 'alpha_2'),
    unlike: { 'all rows': pluck(iso.countries, 'alpha_2'), 'those with': pluck(iso.countries.filter((c) => some.has(c.alpha_2)), 'alpha_2') },
    got: async () => pluck(await rows(countries('alpha_2, subdivisions()').is('subdivisions', null)), 'alpha_2'),
  })
  await t.check('not', 'null, of an embed: rows with related ones', {
    want: pluck(iso.countries.filter((c) => some.has(c.alpha_2)), 'alpha_2'),
    got: async () => pluck(await rows(countries('alpha_2, subdivisions()').not('subdivisions', 'is', null)), 'alpha_2'),
  })
  await t.check('is', 'null, of an embed with filters of its own', {
    want: pluck(iso.countries.filter((c) => !provinces.has(c.alpha_2)), 'alpha_2'),
    unlike: { 'the filter ignored': pluck(iso.countries.filter((c) => !some.has(c.alpha_2)), 'alpha_2') },
    got: async () => pluck(await rows(countries('alpha_2, subdivisions()').is('subdivisions', null).eq('subdivisions.type_name', 'Province')), 'alpha_2'),
  })
  const early = (c) => !provinces.has(c.alpha_2) || c.name < 'B'
  await t.check('or', 'null, of an embed, in a group', {
    want: pluck(iso.countries.filter(early), 'alpha_2'),
    unlike: { 'and': pluck(iso.countries.filter((c) => !provinces.has(c.alpha_2) && c.name < 'B'), 'alpha_2') },
    got: async () => pluck(await rows(countries('alpha_2, p:subdivisions()').or('p.is.null,name.lt.B').eq('p.type_name', 'Province')), 'alpha_2'),
  })
  const parents = new Set(iso.subdivisions.map((s) => s.parent_code))
  const belgian = iso.subdivisions.filter((s) => s.country_code === 'BE')
  await t.check('is', 'null, of an embed in an embed', {
    want: [{ alpha_2: 'BE', subdivisions: pick(belgian.filter((s) => !parents.has(s.code)), 'code') }],
    unlike: { 'all children': [{ alpha_2: 'BE', subdivisions: pick(belgian, 'code') }] },
    got: () => rows(countries('alpha_2, subdivisions(code, children())').eq('alpha_2', 'BE').is('subdivisions.children', null)),
  })
}
