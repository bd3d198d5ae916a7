import { column, refusal, rows } from './suite.mjs'
import { clean, invented } from './writes.mjs'

/** Rows that may exist. */
export async function upserts(t, { service: db }) {
  await clean(db)
  const countries = () => db.from('countries')
  const row = (letter) => rows(countries().select().eq('alpha_2', `X${letter}`).single())
  const a = invented('A', { official_name: 'Official A', common_name: null })
  await rows(countries().insert([a, invented('B')]))

  await t.check('upsert', 'a row that exists: the columns sent change, the others stay', {
    want: { status: 200, row: { ...a, name: 'Merged' } },
    unlike: {
      'others emptied': { status: 200, row: { ...a, name: 'Merged', official_name: null } },
      'nothing changed': { status: 200, row: a },
    },
    got: async () => {
      const { status } = await countries().upsert(invented('A', { name: 'Merged' }))
      return { status, row: await row('A') }
    },
  })
  await t.check('upsert', 'old and new rows at once: 201 and all of them', {
    want: { status: 201, names: ['Again', 'New'] },
    unlike: { 'the new only': { status: 201, names: ['New'] } },
    got: async () => {
      const { status, data } = await countries().upsert([invented('B', { name: 'Again' }), invented('C', { name: 'New' })]).select('name')
      return { status, names: data?.map((r) => r.name) }
    },
  })
  await t.check('upsert', 'ignoreDuplicates: the new rows come back, the old stay as they are', {
    want: { returned: ['XD'], names: ['Merged', 'Invented D'] },
    unlike: { merged: { returned: ['XA', 'XD'], names: ['Ignored', 'Invented D'] } },
    got: async () => ({
      returned: await column(countries().upsert([invented('A', { name: 'Ignored' }), invented('D')], { ignoreDuplicates: true }).select('alpha_2'), 'alpha_2'),
      names: await column(countries().select('name').in('alpha_2', ['XA', 'XD']), 'name'),
    }),
  })
  const other = invented('A', { alpha_2: 'XY', name: 'By alpha_3' }) // the key is new, alpha_3 is not
  await t.check('upsert', 'on the key alone, another unique value that exists is an error', {
    want: { status: 409, code: '23505' },
    got: () => refusal(countries().upsert(other)),
  })
  await t.check('upsert', 'onConflict names the unique column that decides', {
    want: [{ alpha_3: 'XXA', name: 'By alpha_3' }],
    unlike: { 'not written': [{ alpha_3: 'XXA', name: 'Merged' }] },
    got: async () => {
      const { error } = await countries().upsert(other, { onConflict: 'alpha_3' })
      if (error) throw new Error(JSON.stringify(error))
      return rows(countries().select('alpha_3, name').eq('alpha_3', 'XXA'))
    },
  })
  await t.check('upsert', 'ignoreDuplicates with onConflict', {
    want: { returned: [], name: 'By alpha_3' },
    got: async () => ({
      returned: await rows(countries().upsert({ ...other, name: 'Ignored' }, { onConflict: 'alpha_3', ignoreDuplicates: true }).select()),
      name: (await rows(countries().select('name').eq('alpha_3', 'XXA').single())).name,
    }),
  })
  await t.check('upsert', 'onConflict with columns that are no key', {
    want: { status: 400, code: '42P10' },
    got: () => refusal(countries().upsert(invented('E'), { onConflict: 'name' })),
  })
  const pair = { country_code: 'XA', type_name: 'Province', uses: 1 }
  const pairs = () => db.from('country_subdivision_types')
  await t.check('upsert', 'a key of two columns', {
    want: [{ ...pair, uses: 2 }],
    unlike: { 'not changed': [pair], 'a second row': [pair, { ...pair, uses: 2 }] },
    got: async () => {
      await rows(pairs().upsert(pair))
      await rows(pairs().upsert({ ...pair, uses: 2 }, { onConflict: 'country_code,type_name' }))
      return rows(pairs().select().eq('country_code', 'XA'))
    },
  })
  await t.check('upsert', 'defaultToNull false', {
    want: [{ alpha_2: 'XB', flag: '' }, { alpha_2: 'XF', flag: '!' }],
    got: async () => {
      const [b, f] = [invented('B'), invented('F', { flag: '!' })]
      delete b.flag
      return rows(countries().upsert([b, f], { defaultToNull: false }).select('alpha_2, flag'))
    },
  })
  await t.check('upsert', 'one row twice in one request', {
    want: { status: 400, code: '21000' },
    unlike: { 'the last wins': { status: 201, data: null } },
    got: () => refusal(countries().upsert([invented('G'), invented('G', { name: 'Twice' })])),
  })
  await clean(db)
}
