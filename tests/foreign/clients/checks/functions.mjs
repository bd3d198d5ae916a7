import { refusal } from './suite.mjs'

/** Calls of functions, by POST and GET, with and without rows. */
export async function functions(t, db, { countries, subdivisions }) {
  const codes = ['FR', 'DEU', 'AD', 'XX', 'FRA', 'BR']
  const ordered = ['FR', 'DE', 'AD', 'BR'] // each once
  const named = (alpha2) => countries.find((c) => c.alpha_2 === alpha2)
  const call = (options) => db.rpc('countries_by_code', { codes }, options)
  const data = async (query) => (await query.throwOnError()).data
  const codesOf = async (query) => (await data(query)).map((c) => c.alpha_2)
  const sorted = { 'order of the key': [...ordered].sort() }

  for (const [how, options] of Object.entries({ POST: {}, GET: { get: true } })) {
    await t.check('rpc', `${how}: rows in the order of the function`, { want: ordered, unlike: sorted, got: () => codesOf(call(options)) })
    await t.check('rpc', `${how}: select and order`, {
      want: [...ordered].sort().map((alpha_2) => ({ alpha_2, name: named(alpha_2).name })),
      got: () => data(call(options).select('alpha_2, name').order('alpha_2')),
    })
    await t.check('rpc', `${how}: a filter`, {
      want: ['DE'], unlike: { 'no filter': ordered }, got: () => codesOf(call(options).select('alpha_2').eq('alpha_3', 'DEU')),
    })
    await t.check('rpc', `${how}: a group of filters`, {
      want: ['FR', 'AD'], got: () => codesOf(call(options).select('alpha_2').or('alpha_2.eq.FR,alpha_2.eq.AD')),
    })
    await t.check('rpc', `${how}: a range of rows`, {
      want: ['DE', 'AD'], got: () => codesOf(call(options).select('alpha_2').range(1, 2)),
    })
    await t.check('rpc', `${how}: an embed`, {
      want: [{ alpha_2: 'AD', subdivisions: subdivisions.filter((s) => s.country_code === 'AD').map((s) => ({ code: s.code })) }],
      got: () => data(call(options).select('alpha_2, subdivisions(code)').eq('alpha_2', 'AD').order('code', { referencedTable: 'subdivisions' })),
    })
    await t.check('rpc', `${how}: a single row`, {
      want: { alpha_2: 'BR' }, got: () => data(call(options).select('alpha_2').eq('alpha_2', 'BR').single()),
    })
    await t.check('rpc', `${how}: no single row`, {
      want: { status: 406, code: 'PGRST116' }, got: () => refusal(call(options).select('alpha_2').single()),
    })
    await t.check('rpc', `${how}: a number`, {
      want: subdivisions.filter((s) => s.country_code === 'FR').length,
      got: () => data(db.rpc('count_subdivisions', { country: 'FR' }, options)),
    })
    await t.check('rpc', `${how}: an unknown argument`, {
      want: { status: 404, code: 'PGRST202' }, got: () => refusal(db.rpc('count_subdivisions', { land: 'FR' }, options)),
    })
    await t.check('rpc', `${how}: an unknown column`, {
      want: { status: 400, code: '42703' }, got: () => refusal(call(options).select('nope')),
    })
  }
  await t.check('rpc', 'count without rows', {
    want: { data: null, count: ordered.length, status: 200 },
    got: async () => {
      const { data, count, status } = await db.rpc('countries_by_code', { codes: '{FR,DEU,AD,XX,FRA,BR}' }, { head: true, count: 'exact' })
      return { data, count, status }
    },
  })
  await t.check('rpc', 'count of all beside some', {
    want: { rows: 2, count: ordered.length },
    got: async () => {
      const { data, count } = await db.rpc('countries_by_code', { codes }, { get: true, count: 'exact' }).limit(2)
      return { rows: data.length, count }
    },
  })
}
