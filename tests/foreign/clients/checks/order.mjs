import { column, rows } from './suite.mjs'
import { compare, descending, pluck, sorted } from './iso.mjs'

/** The order of rows. Ties go by the key. */
export async function order(t, db, iso) {
  const turkish = iso.subdivisions.filter((s) => s.country_code === 'TR')
  const query = (table, key) => db.from(table).select(key)

  await t.check('order', 'text ascending by code points', {
    want: pluck(sorted(turkish, 'name'), 'code'),
    unlike: { 'by the language': pluck(turkish.toSorted((a, b) => a.name.localeCompare(b.name, 'tr')), 'code') },
    got: () => column(query('subdivisions', 'code').eq('country_code', 'TR').order('name'), 'code'),
  })
  await t.check('order', 'text descending', {
    want: pluck(descending(turkish, 'name'), 'code'),
    unlike: { ascending: pluck(sorted(turkish, 'name'), 'code') },
    got: () => column(query('subdivisions', 'code').eq('country_code', 'TR').order('name', { ascending: false }), 'code'),
  })
  const byUses = iso.types.toSorted((a, b) => b.uses - a.uses || compare(b.name, a.name))
  await t.check('order', 'numbers by value, ties by the key in the same direction', {
    want: pluck(byUses, 'name'),
    unlike: { 'as text': pluck(iso.types.toSorted((a, b) => compare(String(b.uses), String(a.uses)) || compare(b.name, a.name)), 'name') },
    got: () => column(query('subdivision_types', 'name').order('uses', { ascending: false }), 'name'),
  })
  await t.check('order', 'two columns in two directions', {
    want: pluck(iso.types.toSorted((a, b) => a.uses - b.uses || compare(b.name, a.name)), 'name'),
    unlike: {
      'the first only': pluck(iso.types.toSorted((a, b) => a.uses - b.uses || compare(a.name, b.name)), 'name'),
      'the second only': pluck(descending(iso.types, 'name'), 'name'),
    },
    got: () => column(query('subdivision_types', 'name').order('uses').order('name', { ascending: false }), 'name'),
  })
  await booleans(t, db, iso)
  await nulls(t, db, iso)
  await related(t, db, iso)
}

async function booleans(t, db, iso) {
  const some = iso.languages.filter((l) => l.alpha_2 !== null && l.alpha_2 < 'b')
  await t.check('order', 'false before true', {
    want: pluck(some.toSorted((a, b) => a.living - b.living || compare(a.alpha_3, b.alpha_3)), 'alpha_3'),
    unlike: { 'true first': pluck(some.toSorted((a, b) => b.living - a.living || compare(a.alpha_3, b.alpha_3)), 'alpha_3') },
    got: () => column(db.from('languages').select('alpha_3').lt('alpha_2', 'b').order('living'), 'alpha_3'),
  })
}

/** Rows by a column with nulls, which stand at one end whatever the direction. The key follows the direction, among nulls too. */
function withNulls(list, value, key, { ascending, first }) {
  const sign = ascending ? 1 : -1
  const absent = list.filter((row) => value(row) === null).toSorted((a, b) => sign * compare(a[key], b[key]))
  const present = list.filter((row) => value(row) !== null)
    .toSorted((a, b) => sign * compare(value(a), value(b)) || sign * compare(a[key], b[key]))
  return pluck(first ? [...absent, ...present] : [...present, ...absent], key)
}

async function nulls(t, db, iso) {
  const cases = [
    ['ascending, nulls last by default', {}, { ascending: true, first: false }],
    ['descending, nulls first by default', { ascending: false }, { ascending: false, first: true }],
    ['ascending, nulls first', { nullsFirst: true }, { ascending: true, first: true }],
    ['descending, nulls last', { ascending: false, nullsFirst: false }, { ascending: false, first: false }],
  ]
  const right = (how) => withNulls(iso.countries, (c) => c.official_name, 'alpha_2', how)
  for (const [what, options, how] of cases) {
    await t.check('order', what, {
      want: right(how),
      unlike: { 'nulls at the other end': right({ ...how, first: !how.first }), 'other direction': right({ ...how, ascending: !how.ascending }) },
      got: () => column(db.from('countries').select('alpha_2').order('official_name', options), 'alpha_2'),
    })
  }
}

async function related(t, db, iso) {
  const countryName = new Map(iso.countries.map((c) => [c.alpha_2, c.name]))
  const emirates = iso.subdivisions.filter((s) => ['Emirate', 'Popularate', 'Land'].includes(s.type_name))
  await t.check('order', 'by a column of a to-one relation', {
    want: pluck(emirates.toSorted((a, b) =>
      compare(countryName.get(b.country_code), countryName.get(a.country_code)) || compare(b.code, a.code)), 'code'),
    unlike: { 'by the key': pluck(emirates, 'code'), 'by the code': pluck(descending(emirates, 'country_code'), 'code') },
    got: () => column(db.from('subdivisions').select('code, country(name)')
      .in('type_name', ['Emirate', 'Popularate', 'Land']).order('country(name)', { ascending: false }), 'code'),
  })
  const spanish = iso.subdivisions.filter((s) => s.country_code === 'ES')
  const name = new Map(iso.subdivisions.map((s) => [s.code, s.name]))
  const parentName = (s) => (s.parent_code === null ? null : name.get(s.parent_code))
  for (const first of [true, false]) {
    const how = { ascending: true, first }
    await t.check('order', `by a to-one relation that may be absent, nulls ${first ? 'first' : 'last'}`, {
      want: withNulls(spanish, parentName, 'code', how),
      unlike: {
        'rows without a parent lost': pluck(spanish.filter((s) => s.parent_code !== null), 'code'),
        'nulls at the other end': withNulls(spanish, parentName, 'code', { ...how, first: !first }),
        'by the code of the parent': withNulls(spanish, (s) => s.parent_code, 'code', how),
      },
      got: () => column(db.from('subdivisions').select('code, parent(name)').eq('country_code', 'ES')
        .order('parent(name)', { nullsFirst: first }), 'code'),
    })
  }
  await t.check('order', 'by a to-one relation, then by a column of one\'s own', {
    want: pluck(emirates.toSorted((a, b) =>
      compare(countryName.get(a.country_code), countryName.get(b.country_code)) || compare(b.name, a.name)), 'code'),
    unlike: { 'by the key': pluck(emirates, 'code') },
    got: async () => pluck(await rows(db.from('subdivisions').select('code, country(name)')
      .in('type_name', ['Emirate', 'Popularate', 'Land']).order('country(name)').order('name', { ascending: false })), 'code'),
  })
}
