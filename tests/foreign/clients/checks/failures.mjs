import { refusal } from './suite.mjs'

/** What is refused, and how. Nothing may be ignored in silence. */
export async function failures(t, db) {
  await refusals(t, db)
  await t.check('throwOnError', 'an error has the members clients know, of their types', {
    want: { name: 'PostgrestError', code: 'string', message: 'string', details: 'object', hint: 'object' },
    unlike: { 'no code': { name: 'PostgrestError', code: 'undefined', message: 'string', details: 'object', hint: 'object' } },
    got: async () => {
      const error = await db.from('countries').select('nope').throwOnError().then(() => ({}), (e) => e)
      return { name: error.name, code: typeof error.code, message: typeof error.message, details: typeof error.details, hint: typeof error.hint }
    },
  })
}

async function refusals(t, db) {
  const countries = (select = 'alpha_2') => db.from('countries').select(select)
  const refused = (method, what, status, code, got) => t.check(method, what, {
    want: { status, code }, got: () => refusal(got()),
  })

  await refused('select', 'an unknown column', 400, '42703', () => countries('alpha_2, nope'))
  await refused('eq', 'an unknown column', 400, '42703', () => countries().eq('nope', 1))
  await refused('order', 'an unknown column', 400, '42703', () => countries().order('nope'))
  await refused('from', 'an unknown table', 404, 'PGRST205', () => db.from('nope').select())
  await refused('select', 'an unknown relation', 400, 'PGRST200', () => countries('alpha_2, languages(name)'))
  await refused('select', 'a hint that fits no relation', 400, 'PGRST200', () => db.from('subdivisions').select('code, countries!parent_code(alpha_3)'))
  await refused('eq', 'a relation that is not in select', 400, 'PGRST108', () => countries().eq('subdivisions.code', 'x'))
  await refused('select', 'a spread column of a name the row has', 400, 'PGRST100', () => db.from('subdivisions').select('name, ...country(name)'))
  await refused('eq', 'a relation', 400, 'PGRST120', () => countries('alpha_2, subdivisions(code)').eq('subdivisions', 'x'))
  await refused('order', 'a relation to many', 400, 'PGRST118', () => countries('alpha_2, subdivisions(code)').order('subdivisions(code)'))
  await refused('select', 'a cast to an unknown type', 400, '42704', () => countries('name::nope'))
  await refused('eq', 'text for a number', 400, '22P02', () => db.from('subdivision_types').select().eq('uses', 'many'))
  await refused('filter', 'an unknown operator', 400, 'PGRST100', () => countries().filter('name', 'near', 'x'))
  await refused('is', 'another word than the five', 400, 'PGRST100', () => countries().filter('name', 'is', 'empty'))
  await refused('or', 'an open bracket', 400, 'PGRST100', () => countries().or('alpha_2.eq.FR,and(alpha_2.eq.DE'))
  await refused('limit', 'beyond the largest, instead of a silent cut', 400, 'PL001', () => countries().limit(1001))
  const numbers = Array.from({ length: 1001 }, (_, i) => i)
  await refused('in', 'beyond the largest list', 400, 'PL001', () => db.from('subdivision_types').select().in('uses', numbers))
  await refused('rpc', 'an unknown function', 404, 'PGRST202', () => db.rpc('nope', { a: 1 }))

  await refused('contains', 'a text is no array', 400, '42804', () => countries().contains('name', ['a']))
  await refused('textSearch', 'the column is not searchable', 400, '42804', () => countries().textSearch('name', 'a'))
  await refused('overlaps', 'a text is no array', 400, '42804', () => countries().overlaps('name', ['a']))
  await refused('rangeAdjacent', 'not supported', 400, 'PGRST127', () => countries().rangeAdjacent('name', '[1,2)'))
  await refused('geojson', 'not supported', 406, 'PGRST107', () => countries().geojson())
  await refused('select', 'spread of a relation to many', 400, 'PGRST127', () => countries('alpha_2, ...subdivisions(code)'))
  await refused('schema', 'an unknown schema', 406, 'PGRST106', () => db.schema('private').from('countries').select())
}
