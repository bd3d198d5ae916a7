import { column, count, refusal, rows } from './suite.mjs'
import { pick, pluck } from './iso.mjs'

/** A country of a code that ISO 3166 leaves to users. */
export function invented(letter, more = {}) {
  const numeric = String(900 + letter.charCodeAt(0) - 65)
  return { alpha_2: `X${letter}`, alpha_3: `XX${letter}`, numeric, name: `Invented ${letter}`, flag: '-', ...more }
}

/** What a row has in columns that were not given. */
const complete = (row) => ({ official_name: null, common_name: null, ...row })

/** Removes what earlier checks have left. */
export async function clean(db) {
  for (const [table, key] of [['subdivisions', 'code'], ['country_subdivision_types', 'country_code'], ['countries', 'alpha_2']]) {
    await rows(db.from(table).delete().gte(key, 'X').lt(key, 'Y'))
  }
  await rows(db.from('subdivision_types').delete().like('name', 'Invented%'))
}

/** insert, update and delete. */
export async function writes(t, { service, anonymous }, iso) {
  await clean(service)
  await inserts(t, service)
  await returned(t, service, iso)
  await texts(t, service)
  await numbers(t, service)
  await updates(t, service)
  await deletes(t, service, iso)
  await violations(t, service, iso)
  await denials(t, service, anonymous, iso)
  await clean(service)
  await t.check('delete', 'after all writes the tables are as they were', {
    want: [iso.countries, iso.subdivisions, iso.types, iso.pairs].map((list) => list.length),
    got: () => Promise.all(['countries', 'subdivisions', 'subdivision_types', 'country_subdivision_types'].map((table) =>
      count(service.from(table).select('*', { count: 'exact', head: true })))),
  })
}

async function inserts(t, db) {
  const [a, b, c, d] = ['A', 'B', 'C', 'D'].map((letter) => invented(letter))
  await t.check('insert', 'without select: 201 and nothing', {
    want: { status: 201, data: null, error: null },
    got: async () => {
      const { status, data, error } = await db.from('countries').insert(a)
      return { status, data, error }
    },
  })
  await t.check('insert', 'with select: the stored row, absent columns as null', {
    want: complete(b),
    unlike: { 'what was sent': b },
    got: () => rows(db.from('countries').insert(b).select().single()),
  })
  const mixed = [{ ...c, official_name: 'Official C' }, { ...d, common_name: 'Common D' }]
  await t.check('insert', 'many rows with different keys: null where one is absent', {
    want: mixed.map(complete),
    unlike: { 'keys of the first only': [complete(mixed[0]), complete(d)] },
    got: () => rows(db.from('countries').insert(mixed).select()),
  })
  const [e, f] = [invented('E', { flag: '!' }), invented('F')]
  delete f.flag
  await t.check('insert', 'a key that only some rows have is null, which this column refuses', {
    want: { status: 400, code: '23502' },
    unlike: { 'taken for the default': { status: 201, data: null } },
    got: () => refusal(db.from('countries').insert([e, f])),
  })
  await t.check('insert', 'with defaultToNull false it takes the default', {
    want: [{ alpha_2: 'XE', flag: '!' }, { alpha_2: 'XF', flag: '' }],
    got: () => rows(db.from('countries').insert([e, f], { defaultToNull: false }).select('alpha_2, flag')),
  })
  await t.check('insert', 'no row at all is legal', {
    want: { status: 201, data: null },
    got: () => refusal(db.from('countries').insert([])),
  })
  await t.check('insert', 'count exact', {
    want: 2,
    unlike: { 'not counted': null },
    got: () => count(db.from('countries').insert([invented('G'), invented('H')], { count: 'exact' })),
  })
  await t.check('insert', 'one bad row of many: none is stored', {
    want: { refused: { status: 409, code: '23505' }, stored: [] },
    unlike: { 'those before it': { refused: { status: 409, code: '23505' }, stored: ['XI'] } },
    got: async () => ({
      refused: await refusal(db.from('countries').insert([invented('I'), a])),
      stored: await column(db.from('countries').select('alpha_2').eq('alpha_2', 'XI'), 'alpha_2'),
    }),
  })
  const child = { code: 'XA-1', name: 'Child', type_name: 'Province', country_code: 'XA', parent_code: null }
  await t.check('insert', 'select with embeds of the new row', {
    want: [{ code: 'XA-1', country: { name: a.name }, parent: null, type: { name: 'Province' } }],
    unlike: { 'no embed': [{ code: 'XA-1' }] },
    got: () => rows(db.from('subdivisions').insert(child).select('code, country(name), parent(code), type(name)')),
  })
}

/** What a write gives back is the new state, also of related rows. */
async function returned(t, db, iso) {
  const query = () => db.from('subdivisions')
  const parent = iso.subdivisions.find((s) => s.parent_code === null)
  await t.check('update', 'select with embeds follows the changed key', {
    want: [{ code: 'XA-1', parent: { name: parent.name } }],
    unlike: { 'the old parent': [{ code: 'XA-1', parent: null }] },
    got: () => rows(query().update({ parent_code: parent.code }).eq('code', 'XA-1').select('code, parent(name)')),
  })
  await t.check('delete', 'select with embeds of the deleted row', {
    want: [{ code: 'XA-1', country: { name: 'Invented A' }, parent: { code: parent.code } }],
    unlike: { 'no embed': [{ code: 'XA-1' }] },
    got: () => rows(query().delete().eq('code', 'XA-1').select('code, country(name), parent(code)')),
  })
  const child = (n) => ({ code: `XA-${n}`, name: `Child ${n}`, type_name: 'Province', country_code: 'XA', parent_code: null })
  await t.check('single', 'an insert of many rows is undone', {
    want: { refused: { status: 406, code: 'PGRST116' }, stored: [] },
    unlike: { 'stored all the same': { refused: { status: 406, code: 'PGRST116' }, stored: ['XA-2', 'XA-3'] } },
    got: async () => ({
      refused: await refusal(query().insert([child(2), child(3)]).select().single()),
      stored: await column(query().select('code').like('code', 'XA-%'), 'code'),
    }),
  })
  await t.check('upsert', 'select with embeds of old and new rows', {
    want: [{ name: 'Child 1', country: { alpha_3: 'XXA' } }, { name: 'Child 4', country: { alpha_3: 'XXA' } }],
    got: async () => {
      await rows(query().insert({ ...child(1), name: 'old' }))
      return rows(query().upsert([child(1), child(4)]).select('name, country(alpha_3)'))
    },
  })
}

async function texts(t, db) {
  const name = `"a", (b) \\ %_* {c} 'd'\n\t& + # ? = å 😀`
  await t.check('insert', 'any text comes back as it went', {
    want: name,
    unlike: { 'letters beyond ASCII lost': name.replaceAll(/[^\0-~]/g, '?') },
    got: async () => (await rows(db.from('countries').insert(invented('J', { name })).select('name').single())).name,
  })
  await t.check('eq', 'finds any text', {
    want: ['XJ'],
    unlike: { nothing: [] },
    got: () => column(db.from('countries').select('alpha_2').eq('name', name), 'alpha_2'),
  })
  const quoted = 'say "hi"'
  await rows(db.from('countries').insert([invented('K', { name: quoted }), invented('L', { name: '100% sure' }), invented('M', { name: '100 % sure' })]))
  await t.check('in', 'an element with a quote within', {
    want: ['XK', 'XL'],
    unlike: { 'the quote ends it': ['XL'] },
    got: () => column(db.from('countries').select('alpha_2').in('name', [quoted, '100% sure']), 'alpha_2'),
  })
  await t.check('like', 'a backslash makes a wildcard plain', {
    want: ['XL'],
    unlike: { 'still a wildcard': ['XL', 'XM'] },
    got: () => column(db.from('countries').select('alpha_2').like('name', '100\\% sure'), 'alpha_2'),
  })
}

async function numbers(t, db) {
  const large = '9007199254740993' // 2^53 + 1, which a number of JavaScript cannot hold
  await t.check('insert', 'an integer may be sent as text, and read as text without loss', {
    want: { n: large },
    unlike: { 'rounded': { n: String(Number(large)) } },
    got: () => rows(db.from('subdivision_types').insert({ name: 'Invented large', uses: large }).select('n:uses::text').single()),
  })
  await t.check('insert', 'text that is no integer', {
    want: { status: 400, code: '22P02' },
    got: () => refusal(db.from('subdivision_types').insert({ name: 'Invented text', uses: 'many' })),
  })
}

async function updates(t, db) {
  const query = () => db.from('countries')
  const names = (letters) => column(query().select('name').in('alpha_2', letters.map((l) => `X${l}`)), 'name')
  await t.check('update', 'the rows of the filter and no others, only the columns sent', {
    want: {
      returned: [complete(invented('A', { name: 'Changed' }))],
      others: ['Invented B', 'Invented C'],
    },
    unlike: { 'all rows': { returned: [complete(invented('A', { name: 'Changed' }))], others: ['Changed', 'Changed'] } },
    got: async () => ({
      returned: await rows(query().update({ name: 'Changed' }).eq('alpha_2', 'XA').select()),
      others: await names(['B', 'C']),
    }),
  })
  await t.check('update', 'without select: 204, nothing, and the count asked for', {
    want: { status: 204, data: null, count: 2 },
    unlike: { 'not counted': { status: 204, data: null, count: null } },
    got: async () => {
      const { status, data, count } = await query().update({ common_name: 'Both' }, { count: 'exact' }).in('alpha_2', ['XB', 'XC', 'ZZ'])
      return { status, data, count }
    },
  })
  await t.check('update', 'by or', {
    want: ['XA', 'XD'],
    unlike: { 'the first only': ['XA'] },
    got: async () => (await column(query().update({ official_name: 'Either' }).or('alpha_2.eq.XA,common_name.eq."Common D"').select('alpha_2'), 'alpha_2')).sort(),
  })
  await t.check('update', 'to null', {
    want: [{ alpha_2: 'XA', official_name: null }],
    unlike: { 'null left out': [{ alpha_2: 'XA', official_name: 'Either' }] },
    got: () => rows(query().update({ official_name: null }).eq('alpha_2', 'XA').select('alpha_2, official_name')),
  })
  await t.check('update', 'no row matches: an empty list', {
    want: [],
    unlike: { 'an error': null },
    got: () => rows(query().update({ name: 'x' }).eq('alpha_2', 'ZZ').select()),
  })
  await t.check('update', 'without a filter', {
    want: { status: 400, code: '21000' },
    unlike: { 'all rows': { status: 204, data: null } },
    got: () => refusal(query().update({ name: 'All' })),
  })
  await t.check('single', 'an update of many rows is undone', {
    want: { refused: { status: 406, code: 'PGRST116' }, names: ['Invented B', 'Invented C'] },
    unlike: { 'stored all the same': { refused: { status: 406, code: 'PGRST116' }, names: ['Same', 'Same'] } },
    got: async () => ({
      refused: await refusal(query().update({ name: 'Same' }).in('alpha_2', ['XB', 'XC']).select().single()),
      names: await names(['B', 'C']),
    }),
  })
  await t.check('update', 'a key that no other row may have', {
    want: { status: 409, code: '23505' },
    got: () => refusal(query().update({ alpha_3: 'XXB' }).eq('alpha_2', 'XA')),
  })
}

async function deletes(t, db, iso) {
  const query = () => db.from('countries')
  await t.check('delete', 'the rows of the filter, which come back, and no others', {
    want: { returned: pick([invented('G'), invented('H')], 'alpha_2', 'name'), left: iso.countries.length },
    unlike: { 'nothing deleted': { returned: [], left: iso.countries.length } },
    got: async () => ({
      returned: await rows(query().delete().in('alpha_2', ['XG', 'XH']).select('alpha_2, name')),
      left: await count(query().select('*', { count: 'exact', head: true }).not('alpha_2', 'like', 'X%')),
    }),
  })
  await t.check('delete', 'without select: 204, nothing, and the count asked for', {
    want: { status: 204, data: null, count: 2 },
    unlike: { 'not counted': { status: 204, data: null, count: null } },
    got: async () => {
      const { status, data, count } = await query().delete({ count: 'exact' }).in('alpha_2', ['XE', 'XF'])
      return { status, data, count }
    },
  })
  await t.check('delete', 'without a filter', {
    want: { status: 400, code: '21000' },
    unlike: { 'all rows': { status: 204, data: null } },
    got: () => refusal(query().delete()),
  })
  await t.check('single', 'a delete of many rows is undone', {
    want: { refused: { status: 406, code: 'PGRST116' }, left: ['XB', 'XC'] },
    unlike: { 'deleted all the same': { refused: { status: 406, code: 'PGRST116' }, left: [] } },
    got: async () => ({
      refused: await refusal(query().delete().in('alpha_2', ['XB', 'XC']).select().single()),
      left: await column(query().select('alpha_2').in('alpha_2', ['XB', 'XC']), 'alpha_2'),
    }),
  })
}

async function violations(t, db, iso) {
  const refused = (method, what, status, code, got) => t.check(method, what, { want: { status, code }, got: () => refusal(got()) })
  await refused('insert', 'a key that exists', 409, '23505', () => db.from('countries').insert(invented('A')))
  await refused('insert', 'a unique value that exists', 409, '23505',
    () => db.from('countries').insert(invented('N', { numeric: iso.countries[0].numeric })))
  const orphan = { code: 'XA-9', name: 'Orphan', type_name: 'Province', country_code: 'XZ', parent_code: null }
  await refused('insert', 'a foreign key that leads nowhere', 409, '23503', () => db.from('subdivisions').insert(orphan))
  await refused('update', 'a foreign key that leads nowhere', 409, '23503',
    () => db.from('subdivisions').update({ parent_code: 'XA-8' }).eq('code', 'XA-1'))
  await refused('delete', 'a row that others refer to', 409, '23503', () => db.from('countries').delete().eq('alpha_2', 'XA'))
  await refused('insert', 'null where none may be', 400, '23502', () => db.from('countries').insert(invented('N', { flag: null })))
  await refused('insert', 'an unknown column', 400, 'PGRST204', () => db.from('countries').insert(invented('N', { nope: 1 })))
  await refused('update', 'an unknown column', 400, 'PGRST204', () => db.from('countries').update({ nope: 1 }).eq('alpha_2', 'XA'))
  await refused('insert', 'a value that breaks a rule of the model', 400, 'PL002', () => db.from('countries').insert(invented('N', { alpha_3: 'X' })))
  await refused('maxAffected', 'a write of more rows is undone', 400, 'PGRST124',
    () => db.from('countries').update({ name: 'Two' }).in('alpha_2', ['XA', 'XB']).maxAffected(1))
  await t.check('maxAffected', 'a write of as many rows holds', {
    want: ['XA', 'XB'],
    got: () => column(db.from('countries').update({ official_name: null }).in('alpha_2', ['XA', 'XB']).maxAffected(2).select('alpha_2').order('alpha_2'), 'alpha_2'),
  })
}

async function denials(t, service, anonymous, iso) {
  const refused = (method, what, got) => t.check(method, what, { want: { status: 401, code: '42501' }, got: () => refusal(got()) })
  const countries = () => anonymous.from('countries')
  await refused('insert', 'without the secret key', () => countries().insert(invented('N')))
  await refused('insert', 'without the secret key, a key that exists: the same answer', () => countries().insert(invented('A')))
  await refused('upsert', 'without the secret key', () => countries().upsert(invented('A', { name: 'Stolen' })))
  await refused('upsert', 'ignoreDuplicates without the secret key, a key that exists', () => countries().upsert(invented('A'), { ignoreDuplicates: true }))
  await refused('update', 'without the secret key', () => countries().update({ name: 'Stolen' }).eq('alpha_2', 'XA').select())
  await refused('delete', 'without the secret key', () => countries().delete().eq('alpha_2', 'XB').select())
  await t.check('select', 'after the refused writes everything is as it was', {
    want: ['Changed', 'Invented B'].concat(pluck(iso.countries.slice(-1), 'name')),
    unlike: { stolen: ['Stolen', 'Invented B'].concat(pluck(iso.countries.slice(-1), 'name')) },
    got: () => column(service.from('countries').select('name').in('alpha_2', ['XA', 'XB', 'XN', iso.countries.at(-1).alpha_2]), 'name'),
  })
}
