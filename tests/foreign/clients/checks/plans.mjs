/** explain(): who asks, which rule decides, and the plan, in development. */
export async function plans(t, { demo }, { owner }) {
  const query = () => demo.from('notes').select('title').limit(3)
  await t.check('explain', 'text names the caller and the rule', {
    want: [200, true, true, true, true],
    got: async () => {
      const { status, data } = await query().explain()
      return [status, data.startsWith(`Caller: user ${owner}`), data.includes('rule: owner_id = principal.id'), data.includes('Statement\n'), data.includes('Plan\n')]
    },
  })
  await t.check('explain', 'json has the plan where PostgREST has it', {
    want: ['user', 'notes', 'owner_id = principal.id', true],
    got: async () => {
      const { data: [plan] } = await query().explain({ format: 'json' })
      return [plan.Caller.kind, plan.Tables[0].name, plan.Tables[0].rule, plan.Plan !== undefined]
    },
  })
  await t.check('explain', 'a write is not explained, and not done', {
    want: [406, 'PGRST107', 0],
    got: async () => {
      const { status, error } = await demo.from('notes').insert({ title: 'explained' }).select().explain()
      const { count } = await demo.from('notes').select('*', { count: 'exact', head: true }).eq('title', 'explained')
      return [status, error.code, count]
    },
  })
}
