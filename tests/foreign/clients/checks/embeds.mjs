import { rows } from './suite.mjs'
import { compare, descending, pick, pluck, sorted } from './iso.mjs'

/** Related rows inside of rows. */
export async function embeds(t, db, iso) {
  const world = relate(iso)
  await toOne(t, db, world)
  await toMany(t, db, world)
  await manyToMany(t, db, world)
  await nested(t, db, world)
  await inner(t, db, world)
  await inside(t, db, world)
  await names(t, db, world)
}

/** The tables with maps that lead from one to the other. */
function relate(iso) {
  const subdivisionsOf = groupBy(iso.subdivisions, 'country_code')
  const childrenOf = groupBy(iso.subdivisions, 'parent_code')
  const typesOf = groupBy(iso.pairs, 'country_code')
  const countriesOf = groupBy(iso.pairs, 'type_name')
  return {
    ...iso,
    country: new Map(iso.countries.map((c) => [c.alpha_2, c])),
    subdivision: new Map(iso.subdivisions.map((s) => [s.code, s])),
    type: new Map(iso.types.map((x) => [x.name, x])),
    subdivisions: iso.subdivisions,
    subdivisionsOf: (code) => subdivisionsOf.get(code) ?? [],
    childrenOf: (code) => childrenOf.get(code) ?? [],
    typesOf: (code) => sorted((typesOf.get(code) ?? []).map((p) => ({ name: p.type_name })), 'name'),
    countriesOf: (name) => sorted((countriesOf.get(name) ?? []).map((p) => ({ alpha_2: p.country_code })), 'alpha_2'),
  }
}

/** The rows of each value of a column. */
function groupBy(list, key) {
  const groups = new Map()
  for (const row of list) groups.set(row[key], [...(groups.get(row[key]) ?? []), row])
  return groups
}

async function toOne(t, db, w) {
  const british = w.subdivisions.filter((s) => s.country_code === 'GB' && s.name < 'B')
  await t.check('select', 'embed to one: an object', {
    want: british.map((s) => ({ code: s.code, country: { name: w.country.get('GB').name } })),
    unlike: { 'a list': british.map((s) => ({ code: s.code, country: [{ name: w.country.get('GB').name }] })) },
    got: () => rows(db.from('subdivisions').select('code, country(name)').eq('country_code', 'GB').lt('name', 'B')),
  })
  const azeri = w.subdivisions.filter((s) => s.country_code === 'AZ')
  const parent = (s) => (s.parent_code === null ? null : pick([w.subdivision.get(s.parent_code)], 'code', 'name')[0])
  await t.check('select', 'embed of the same table: the parent, null where there is none', {
    want: azeri.map((s) => ({ code: s.code, parent: parent(s) })),
    unlike: {
      'rows without one lost': azeri.filter((s) => s.parent_code).map((s) => ({ code: s.code, parent: parent(s) })),
      'the row itself': azeri.map((s) => ({ code: s.code, parent: pick([s], 'code', 'name')[0] })),
    },
    got: () => rows(db.from('subdivisions').select('code, parent(code, name)').eq('country_code', 'AZ')),
  })
  await t.check('select', 'two embeds to one and all columns beside them', {
    want: british.map((s) => ({ ...s, country: { flag: w.country.get('GB').flag }, type: w.type.get(s.type_name) })),
    got: () => rows(db.from('subdivisions').select('*, country(flag), type(*)').eq('country_code', 'GB').lt('name', 'B')),
  })
}

async function toMany(t, db, w) {
  const some = w.countries.filter((c) => c.alpha_2 < 'AM')
  await t.check('select', 'embed to many: a list in the order of the key, empty where there is none', {
    want: some.map((c) => ({ alpha_2: c.alpha_2, subdivisions: pick(w.subdivisionsOf(c.alpha_2), 'code') })),
    unlike: {
      'rows without any lost': some.filter((c) => w.subdivisionsOf(c.alpha_2).length)
        .map((c) => ({ alpha_2: c.alpha_2, subdivisions: pick(w.subdivisionsOf(c.alpha_2), 'code') })),
    },
    got: () => rows(db.from('countries').select('alpha_2, subdivisions(code)').lt('alpha_2', 'AM')),
  })
  const regions = w.subdivisions.filter((s) => s.country_code === 'BE')
  await t.check('select', 'embed of the same table: the children', {
    want: regions.map((s) => ({ code: s.code, children: pick(w.childrenOf(s.code), 'code', 'name') })),
    unlike: { 'the wrong way round': regions.map((s) => ({ code: s.code, children: s.parent_code ? pick([w.subdivision.get(s.parent_code)], 'code', 'name') : [] })) },
    got: () => rows(db.from('subdivisions').select('code, children(code, name)').eq('country_code', 'BE')),
  })
}

async function manyToMany(t, db, w) {
  const some = w.countries.filter((c) => c.alpha_2 > 'T' && c.alpha_2 < 'UT')
  await t.check('select', 'embed many to many', {
    want: some.map((c) => ({ alpha_2: c.alpha_2, subdivision_types: w.typesOf(c.alpha_2) })),
    unlike: { 'once for each subdivision': some.map((c) => ({ alpha_2: c.alpha_2, subdivision_types: w.subdivisionsOf(c.alpha_2).map((s) => ({ name: s.type_name })) })) },
    got: () => rows(db.from('countries').select('alpha_2, subdivision_types(name)').gt('alpha_2', 'T').lt('alpha_2', 'UT')),
  })
  const rare = w.types.filter((x) => x.uses === 1)
  await t.check('select', 'embed many to many from the other side', {
    want: rare.map((x) => ({ name: x.name, countries: w.countriesOf(x.name) })),
    unlike: { nothing: rare.map((x) => ({ name: x.name, countries: [] })) },
    got: () => rows(db.from('subdivision_types').select('name, countries(alpha_2)').eq('uses', 1)),
  })
  const pairs = w.pairs.filter((p) => p.country_code === 'FR')
  await t.check('select', 'the table in the middle has columns of its own', {
    want: pairs.map((p) => ({ uses: p.uses, type: { name: p.type_name, uses: w.type.get(p.type_name).uses } })),
    unlike: { 'the other uses': pairs.map((p) => ({ uses: w.type.get(p.type_name).uses, type: w.type.get(p.type_name) })) },
    got: () => rows(db.from('country_subdivision_types').select('uses, type(name, uses)').eq('country_code', 'FR')),
  })
}

async function nested(t, db, w) {
  const tree = (code) => ({
    name: w.country.get(code).name,
    subdivisions: w.subdivisionsOf(code).map((s) => ({
      code: s.code, type: { uses: w.type.get(s.type_name).uses }, children: pick(w.childrenOf(s.code), 'name'),
    })),
  })
  await t.check('select', 'three tables deep', {
    want: [tree('AZ'), tree('BE')],
    got: () => rows(db.from('countries').select('name, subdivisions(code, type(uses), children(name))').in('alpha_2', ['BE', 'AZ'])),
  })
  const deepest = w.subdivisionsOf('ES').filter((s) => s.parent_code !== null && s.name < 'B')
  await t.check('select', 'from child to parent to country to its types', {
    want: deepest.map((s) => ({
      code: s.code,
      parent: { name: w.subdivision.get(s.parent_code).name, country: { alpha_3: 'ESP', subdivision_types: w.typesOf('ES') } },
    })),
    got: () => rows(db.from('subdivisions').select('code, parent(name, country(alpha_3, subdivision_types(name)))')
      .eq('country_code', 'ES').not('parent_code', 'is', null).lt('name', 'B')),
  })
}

async function inner(t, db, w) {
  const emirates = (c) => pick(w.subdivisionsOf(c.alpha_2).filter((s) => s.type_name === 'Emirate'), 'code')
  const all = w.countries.filter((c) => c.alpha_2 < 'AF').map((c) => ({ alpha_2: c.alpha_2, subdivisions: emirates(c) }))
  const only = all.filter((c) => c.subdivisions.length)
  const query = (embed) => db.from('countries').select(`alpha_2, ${embed}(code)`).lt('alpha_2', 'AF').eq('subdivisions.type_name', 'Emirate')
  await t.check('!inner', 'a filter on the embed drops parents without a match', {
    want: only, unlike: { 'parents kept': all }, got: () => rows(query('subdivisions!inner')),
  })
  await t.check('eq', 'on a plain embed filters the children only', {
    want: all, unlike: { inner: only }, got: () => rows(query('subdivisions')),
  })
  await t.check('!inner', 'to one, filtered by a column of the parent row', {
    want: pick(w.subdivisionsOf('AD'), 'code').map((s) => ({ ...s, country: { name: 'Andorra' } })),
    unlike: { 'filter ignored': pick(w.subdivisions, 'code').slice(0, 1000) },
    got: () => rows(db.from('subdivisions').select('code, country!inner(name)').eq('country.alpha_3', 'AND')),
  })
  await t.check('!inner', 'to one without a filter drops rows that have none', {
    want: pluck(w.subdivisionsOf('AZ').filter((s) => s.parent_code), 'code'),
    unlike: { 'rows kept': pluck(w.subdivisionsOf('AZ'), 'code') },
    got: async () => pluck(await rows(db.from('subdivisions').select('code, parent!inner(code)').eq('country_code', 'AZ')), 'code'),
  })
  await t.check('!inner', 'many to many', {
    want: pluck(w.countriesOf('Emirate').concat(w.countriesOf('Popularate')).toSorted((a, b) => compare(a.alpha_2, b.alpha_2)), 'alpha_2'),
    unlike: { 'parents kept': pluck(w.countries, 'alpha_2') },
    got: async () => pluck(await rows(db.from('countries').select('alpha_2, subdivision_types!inner(name)')
      .in('subdivision_types.name', ['Emirate', 'Popularate'])), 'alpha_2'),
  })
  const nestedWant = w.countries.filter((c) => w.subdivisionsOf(c.alpha_2).some((s) => w.childrenOf(s.code).some((k) => k.type_name === 'Province')))
  await t.check('!inner', 'within another, filtered two levels down', {
    want: pluck(nestedWant, 'alpha_2'),
    unlike: {
      'filter one level up': [...new Set(w.subdivisions.filter((s) => s.type_name === 'Province').map((s) => s.country_code))],
      'parents kept': pluck(w.countries, 'alpha_2'),
    },
    got: async () => pluck(await rows(db.from('countries').select('alpha_2, subdivisions!inner(code, children!inner(code))')
      .eq('subdivisions.children.type_name', 'Province')), 'alpha_2'),
  })
}

async function inside(t, db, w) {
  const some = w.countries.filter((c) => ['AZ', 'TR', 'AW'].includes(c.alpha_2))
  const query = (select) => db.from('countries').select(select).in('alpha_2', ['AZ', 'TR', 'AW'])
  const each = (list) => some.map((c) => ({ alpha_2: c.alpha_2, subdivisions: pick(list(w.subdivisionsOf(c.alpha_2)), 'name') }))
  await t.check('order', 'inside of an embed', {
    want: each((list) => descending(list, 'name')),
    unlike: { 'order of the key': each((list) => list), ascending: each((list) => sorted(list, 'name')) },
    got: () => rows(query('alpha_2, subdivisions(name)').order('name', { referencedTable: 'subdivisions', ascending: false })),
  })
  await t.check('limit', 'inside of an embed, for each parent', {
    want: each((list) => sorted(list, 'name').slice(0, 3)),
    unlike: { 'no limit': each((list) => sorted(list, 'name')), 'before the order': each((list) => sorted(list.slice(0, 3), 'name')) },
    got: () => rows(query('alpha_2, subdivisions(name)').order('name', { referencedTable: 'subdivisions' })
      .limit(3, { referencedTable: 'subdivisions' })),
  })
  await t.check('range', 'inside of an embed', {
    want: each((list) => list.slice(2, 5)),
    unlike: { 'no offset': each((list) => list.slice(0, 3)) },
    got: () => rows(query('alpha_2, subdivisions(name)').range(2, 4, { referencedTable: 'subdivisions' })),
  })
  const parentsFirst = (list, first) => [
    ...list.filter((x) => (x.parent_code === null) === first), ...list.filter((x) => (x.parent_code === null) !== first),
  ]
  await t.check('order', 'nulls first inside of an embed', {
    want: each((list) => parentsFirst(list, true)),
    unlike: { 'nulls last': each((list) => parentsFirst(list, false)) },
    got: () => rows(query('alpha_2, subdivisions(name)').order('parent_code', { referencedTable: 'subdivisions', nullsFirst: true })),
  })
  await t.check('or', 'inside of an embed', {
    want: each((list) => list.filter((s) => s.name.startsWith('A') || s.name.startsWith('Ş'))),
    unlike: { 'on the parents': each((list) => list), and: each(() => []) },
    got: () => rows(query('alpha_2, subdivisions(name)').or('name.like.A*,name.like.Ş*', { referencedTable: 'subdivisions' })),
  })
  await t.check('limit', 'inside of an embed many to many, in descending order', {
    want: some.map((c) => ({ alpha_2: c.alpha_2, subdivision_types: w.typesOf(c.alpha_2).toReversed().slice(0, 1) })),
    unlike: { ascending: some.map((c) => ({ alpha_2: c.alpha_2, subdivision_types: w.typesOf(c.alpha_2).slice(0, 1) })) },
    got: () => rows(query('alpha_2, subdivision_types(name)').order('name', { referencedTable: 'subdivision_types', ascending: false })
      .limit(1, { referencedTable: 'subdivision_types' })),
  })
}

async function names(t, db, w) {
  const cities = w.subdivisions.filter((s) => s.country_code === 'AZ' && s.type_name === 'Municipality')
  const country = w.country.get('AZ')
  await t.check('select', 'alias of an embed', {
    want: cities.map((s) => ({ id: s.code, land: { flag: country.flag } })),
    unlike: { 'alias ignored': cities.map((s) => ({ id: s.code, country: { flag: country.flag } })) },
    got: () => rows(db.from('subdivisions').select('id:code, land:country(flag)').eq('country_code', 'AZ').eq('type_name', 'Municipality')),
  })
  const kind = (name) => pick(w.subdivisionsOf('AZ').filter((s) => s.type_name === name), 'code')
  await t.check('select', 'one relation twice under two aliases with a filter each', {
    want: [{ rayons: kind('Rayon'), cities: kind('Municipality') }],
    unlike: { 'one filter for both': [{ rayons: kind('Municipality'), cities: kind('Municipality') }] },
    got: () => rows(db.from('countries').select('rayons:subdivisions(code), cities:subdivisions(code)').eq('alpha_2', 'AZ')
      .eq('rayons.type_name', 'Rayon').eq('cities.type_name', 'Municipality')),
  })
  const named = cities.map((s) => ({ code: s.code, countries: { alpha_3: country.alpha_3 } }))
  await t.check('select', 'embed by the name of the table', {
    want: named,
    got: () => rows(db.from('subdivisions').select('code, countries(alpha_3)').eq('country_code', 'AZ').eq('type_name', 'Municipality')),
  })
}
