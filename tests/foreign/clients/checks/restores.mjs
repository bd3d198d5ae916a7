import { column, count, refusal } from './suite.mjs'

/** Currencies leave the list and come back: a delete marks them. */
export async function restores(t, { service, anonymous }, iso) {
  const code = 'XTS' // the code for tests
  const all = iso.currencies.length
  const seen = (db) => column(db.from('currencies').select('alpha_3').eq('alpha_3', code), 'alpha_3')
  const total = () => count(anonymous.from('currencies').select('*', { count: 'exact', head: true }))
  const back = (db) => db.from('currencies').update({ deleted_at: null }).eq('alpha_3', code)

  await t.check('delete', 'a marked row is in no list and no count', {
    want: { returned: [code], left: [[], []], total: all - 1 },
    unlike: { 'not deleted': { returned: [code], left: [[code], [code]], total: all } },
    got: async () => ({
      returned: await column(service.from('currencies').delete().eq('alpha_3', code).select('alpha_3'), 'alpha_3'),
      left: await Promise.all([seen(anonymous), seen(service)]), total: await total(),
    }),
  })
  await t.check('update', 'who may not restore brings nothing back', {
    want: { status: 400, seen: [] }, unlike: { restored: { status: 204, seen: [code] } },
    got: async () => ({ status: (await refusal(back(anonymous))).status, seen: await seen(service) }),
  })
  await t.check('update', 'the mark can be taken away and not set', {
    want: { status: 400, code: 'PGRST204' },
    got: () => refusal(service.from('currencies').update({ deleted_at: '2026-01-01T00:00:00Z' }).eq('alpha_3', 'EUR')),
  })
  await t.check('update', 'deleted_at: null brings the row back as it was', {
    want: { returned: iso.currencies.filter((c) => c.alpha_3 === code).map((c) => c.name), left: [[code], [code]], total: all },
    unlike: { 'still deleted': { returned: [], left: [[], []], total: all - 1 } },
    got: async () => ({
      returned: await column(back(service).select('name'), 'name'),
      left: await Promise.all([seen(anonymous), seen(service)]), total: await total(),
    }),
  })
  await t.check('update', 'a row that is not deleted is not brought back', {
    want: [], unlike: { found: [code] }, got: () => column(back(service).select('alpha_3'), 'alpha_3'),
  })
}
