import { column, count, refusal } from './suite.mjs'
import { pick, pluck } from './iso.mjs'

/** Parts of a list, its length, and answers of one row. */
export async function paging(t, db, iso) {
  await parts(t, db, iso)
  await counts(t, db, iso)
  await forms(t, db, iso)
  await single(t, db, iso)
}

async function parts(t, db, iso) {
  const codes = pluck(iso.countries, 'alpha_2')
  const countries = () => db.from('countries').select('alpha_2')
  await t.check('limit', 'the first rows', {
    want: codes.slice(0, 7),
    unlike: { 'all rows': codes, 'one more': codes.slice(0, 8) },
    got: () => column(countries().limit(7), 'alpha_2'),
  })
  await t.check('limit', '0 rows are no rows', {
    want: [],
    unlike: { 'no limit': codes },
    got: () => column(countries().limit(0), 'alpha_2'),
  })
  await t.check('range', 'both ends included', {
    want: codes.slice(10, 20),
    unlike: { 'the end not included': codes.slice(10, 19), 'from 1': codes.slice(9, 19) },
    got: () => column(countries().range(10, 19), 'alpha_2'),
  })
  await t.check('range', 'beyond the end, what there is', {
    want: codes.slice(240),
    unlike: { nothing: [], 'a full page': codes.slice(-60) },
    got: () => column(countries().range(240, 299), 'alpha_2'),
  })
  await t.check('range', 'behind the end without a count, nothing', {
    want: { status: 200, data: [] },
    got: () => refusal(countries().range(1000, 1009)),
  })
  await t.check('range', 'behind the end with a count, PGRST103', {
    want: { status: 416, code: 'PGRST103' },
    unlike: { 'an empty list': { status: 200, data: [] } },
    got: () => refusal(db.from('countries').select('alpha_2', { count: 'exact' }).range(1000, 1009)),
  })
  await t.check('range', 'pages of a whole table have each row once', {
    want: pluck(iso.languages, 'alpha_3'),
    unlike: { 'the first page only': pluck(iso.languages, 'alpha_3').slice(0, 1000) },
    got: async () => {
      const all = []
      for (let from = 0; from < iso.languages.length; from += 1000) {
        all.push(...await column(db.from('languages').select('alpha_3').range(from, from + 999), 'alpha_3'))
      }
      return all
    },
  })
  await t.check('select', 'without a limit 1,000 rows, and 206 says there are more', {
    want: { status: 206, codes: pluck(iso.languages, 'alpha_3').slice(0, 1000) },
    unlike: { 'as if it were all': { status: 200, codes: pluck(iso.languages, 'alpha_3').slice(0, 1000) } },
    got: async () => {
      const { data, status } = await db.from('languages').select('alpha_3')
      return { status, codes: pluck(data, 'alpha_3') }
    },
  })
}

async function counts(t, db, iso) {
  const total = iso.subdivisions.length
  const provinces = iso.subdivisions.filter((s) => s.type_name === 'Province').length
  await t.check('select', 'count exact beside a page, status 206', {
    want: { count: total, rows: 5, status: 206 },
    unlike: { 'the page counted': { count: 5, rows: 5, status: 206 }, 'up to the cap': { count: 1000, rows: 5, status: 206 } },
    got: async () => {
      const { count, data, status } = await db.from('subdivisions').select('code', { count: 'exact' }).limit(5)
      return { count, rows: data.length, status }
    },
  })
  await t.check('select', 'count exact of all rows shown, status 200', {
    want: { count: iso.currencies.length, rows: iso.currencies.length, status: 200 },
    unlike: { 'none': { count: null, rows: iso.currencies.length, status: 200 } },
    got: async () => {
      const { count, data, status } = await db.from('currencies').select('alpha_3', { count: 'exact' })
      return { count, rows: data.length, status }
    },
  })
  await t.check('select', 'head with a count and a filter, no rows', {
    want: { count: provinces, data: null },
    unlike: { 'filter ignored': { count: total, data: null } },
    got: async () => {
      const { count, data } = await db.from('subdivisions').select('*', { count: 'exact', head: true }).eq('type_name', 'Province')
      return { count, data }
    },
  })
  await t.check('select', 'no count unless asked for', {
    want: null,
    unlike: { counted: 1 },
    got: () => count(db.from('countries').select('alpha_2').limit(1)),
  })
  await t.check('select', 'count planned is exact here', {
    want: iso.languages.length,
    unlike: { 'up to the cap': 1000 },
    got: () => count(db.from('languages').select('alpha_3', { count: 'planned', head: true })),
  })
  const withEmirates = new Set(iso.subdivisions.filter((s) => s.type_name === 'Emirate').map((s) => s.country_code)).size
  await t.check('select', 'count of parents with an inner embed', {
    want: withEmirates,
    unlike: {
      'all parents': iso.countries.length,
      'children counted': iso.subdivisions.filter((s) => s.type_name === 'Emirate').length,
    },
    got: () => count(db.from('countries').select('alpha_2, subdivisions!inner(code)', { count: 'exact' })
      .eq('subdivisions.type_name', 'Emirate')),
  })
}

/** Lists in other forms than JSON with every member. */
async function forms(t, db, iso) {
  const some = iso.countries.slice(0, 30)
  const asked = () => db.from('countries').select('alpha_2, name, official_name').order('alpha_2').limit(some.length)
  const field = (value) => value == null ? '' : /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
  const lines = some.map((c) => [c.alpha_2, c.name, c.official_name].map(field).join(','))
  await t.check('csv', 'a header, quotes where there are commas, nothing for null', {
    want: ['alpha_2,name,official_name', ...lines].join('\n'),
    unlike: { 'no header': lines.join('\n') },
    got: async () => (await asked().csv()).data,
  })
  const stripped = some.map((c) => Object.fromEntries(['alpha_2', 'name', 'official_name'].filter((k) => c[k] != null).map((k) => [k, c[k]])))
  await t.check('stripNulls', 'members that are null are left out', {
    want: stripped,
    unlike: { 'null': some.map((c) => ({ alpha_2: c.alpha_2, name: c.name, official_name: c.official_name ?? null })) },
    got: async () => (await asked().stripNulls()).data,
  })
}

async function single(t, db, iso) {
  const [first] = pick(iso.countries, 'alpha_2', 'name')
  const countries = () => db.from('countries').select('alpha_2, name')
  await t.check('single', 'the row itself, not a list', {
    want: first,
    unlike: { 'a list': [first] },
    got: async () => (await countries().eq('alpha_2', first.alpha_2).single()).data,
  })
  await t.check('single', 'limit 1 makes one of many', {
    want: first,
    unlike: { 'the last': pick(iso.countries, 'alpha_2', 'name').at(-1) },
    got: async () => (await countries().limit(1).single()).data,
  })
  const singular = async (query) => {
    const { data, error, status } = await query
    return { data, status, code: error?.code, details: error?.details }
  }
  await t.check('single', 'no row is PGRST116 with the words clients look for', {
    want: { data: null, status: 406, code: 'PGRST116', details: 'The result contains 0 rows' },
    unlike: { 'null': { data: null, status: 200, code: undefined, details: undefined } },
    got: () => singular(countries().eq('alpha_2', 'aw').single()),
  })
  const many = iso.countries.filter((c) => c.alpha_2 < 'AG').length
  await t.check('single', 'many rows are PGRST116 with their number', {
    want: { data: null, status: 406, code: 'PGRST116', details: `The result contains ${many} rows` },
    unlike: { 'the first': { data: first, status: 200, code: undefined, details: undefined } },
    got: () => singular(countries().lt('alpha_2', 'AG').single()),
  })
  await t.check('maybeSingle', 'no row is null and no error', {
    want: { data: null, error: null },
    got: async () => {
      const { data, error } = await countries().eq('alpha_2', 'aw').maybeSingle()
      return { data, error }
    },
  })
  await t.check('maybeSingle', 'one row is the row', {
    want: first,
    unlike: { 'a list': [first] },
    got: async () => (await countries().eq('alpha_2', first.alpha_2).maybeSingle()).data,
  })
  await t.check('maybeSingle', 'many rows are PGRST116', {
    want: 'PGRST116',
    got: async () => (await countries().lt('alpha_2', 'AG').maybeSingle()).error?.code,
  })
}
