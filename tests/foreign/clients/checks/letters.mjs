import { refusal, rows } from './suite.mjs'

/** A letter has two relations to people: the name of the table alone is ambiguous. */
export async function letters(t, db) {
  const ask = (people) => db.from('letters').select(`subject, ${people}`)

  await t.check('select', 'a name of two relations is refused', {
    want: { status: 300, code: 'PGRST201' }, unlike: { 'one of them taken': { status: 200, data: [{ subject: 'news', people: { name: 'Ann' } }] } },
    got: () => refusal(ask('people(name)')),
  })
  await t.check('select', 'the refusal lists both, with hints that resolve it', {
    want: {
      relations: ['letters_recipient_id_fkey using letters(recipient_id) and people(id)', 'letters_sender_id_fkey using letters(sender_id) and people(id)'],
      cardinality: ['many-to-one', 'many-to-one'],
      answers: [{ subject: 'news', people: { name: 'Ann' } }, { subject: 'news', people: { name: 'Bob' } }],
    },
    got: async () => {
      const { error } = await ask('people(name)')
      const hints = error.hint.match(/people!\w+/g)
      return {
        relations: error.details.map((d) => d.relationship).sort(),
        cardinality: error.details.map((d) => d.cardinality),
        answers: (await Promise.all(hints.map((hint) => rows(ask(`${hint}(name)`))))).flat(),
      }
    },
  })
  for (const [hint, name] of [['people!sender_id', 'Ann'], ['people!recipient_id', 'Bob'], ['people!letters_recipient_id_fkey!inner', 'Bob']]) {
    await t.check('select', `${hint} says which`, {
      want: [{ subject: 'news', people: { name } }], unlike: { 'the other': [{ subject: 'news', people: { name: name === 'Ann' ? 'Bob' : 'Ann' } }] },
      got: () => rows(ask(`${hint}(name)`)),
    })
  }
  await t.check('eq', 'a filter by a name of two relations is refused as the embed is', {
    want: { status: 300, code: 'PGRST201' }, got: () => refusal(ask('people!inner(name)').eq('people.name', 'Ann')),
  })
  await t.check('select', 'both at once, by aliases', {
    want: [{ subject: 'news', from: { name: 'Ann' }, to: { name: 'Bob' } }],
    got: () => rows(ask('from:people!sender_id(name), to:people!recipient_id(name)')),
  })
}
