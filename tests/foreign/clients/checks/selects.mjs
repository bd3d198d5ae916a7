import { rows } from './suite.mjs'
import { pick, pluck } from './iso.mjs'

/** What select gives back of one table. */
export async function selects(t, db, iso) {
  const bolivia = iso.countries.find((c) => c.common_name === 'Bolivia')
  const aruba = iso.countries.find((c) => c.name === 'Aruba')
  const mostUsed = iso.types.filter((type) => type.uses > 600)

  await t.check('select', 'all columns, absent ones as null, with letters beyond the BMP', {
    want: [aruba, bolivia],
    unlike: { 'null columns left out': [aruba, bolivia].map((c) => JSON.parse(JSON.stringify(c, (k, v) => v ?? undefined))) },
    got: () => rows(db.from('countries').select().in('alpha_2', [bolivia.alpha_2, aruba.alpha_2])),
  })
  await t.check('select', 'named columns only, in the order asked for', {
    want: ['name', 'alpha_3', 'alpha_2'],
    unlike: { 'order of the table': ['alpha_2', 'alpha_3', 'name'] },
    got: async () => Object.keys((await rows(db.from('countries').select('name, alpha_3, alpha_2').limit(1)))[0]),
  })
  await t.check('select', 'alias', {
    want: [{ code: aruba.alpha_2, label: aruba.name }],
    unlike: { 'alias ignored': pick([aruba], 'alpha_2', 'name') },
    got: () => rows(db.from('countries').select('code:alpha_2, label:name').eq('alpha_2', aruba.alpha_2)),
  })
  await t.check('select', 'the same column twice under two names', {
    want: [{ a: aruba.name, b: aruba.name, name: aruba.name }],
    unlike: { 'one of them': [{ name: aruba.name }] },
    got: () => rows(db.from('countries').select('a:name, b:name, name').eq('alpha_2', aruba.alpha_2)),
  })
  await t.check('select', 'an integer is a number', {
    want: mostUsed,
    unlike: { text: mostUsed.map((type) => ({ ...type, uses: String(type.uses) })) },
    got: () => rows(db.from('subdivision_types').select('name, uses').gt('uses', 600)),
  })
  await t.check('select', 'cast of an integer to text, with an alias', {
    want: mostUsed.map((type) => ({ n: String(type.uses), uses: type.uses })),
    unlike: { 'cast ignored': mostUsed.map((type) => ({ n: type.uses, uses: type.uses })) },
    got: () => rows(db.from('subdivision_types').select('n:uses::text, uses').gt('uses', 600)),
  })
  const some = iso.languages.filter((l) => l.alpha_2 !== null && l.alpha_2 < 'b')
  await t.check('select', 'booleans are true and false', {
    want: pick(some, 'alpha_3', 'living'),
    unlike: {
      'one and zero': some.map((l) => ({ alpha_3: l.alpha_3, living: Number(l.living) })),
      'all alike': some.map((l) => ({ alpha_3: l.alpha_3, living: true })),
    },
    got: () => rows(db.from('languages').select('alpha_3, living').lt('alpha_2', 'b')),
  })
  await t.check('select', 'without an order, rows come in the order of the key', {
    want: pluck(iso.currencies, 'alpha_3'),
    unlike: { 'any other order': pluck(iso.currencies, 'alpha_3').reverse() },
    got: async () => pluck(await rows(db.from('currencies').select('alpha_3')), 'alpha_3'),
  })
}
