// Calls that must compile with the types of the fixture, as the editor sees them.
import { createClient } from '@supabase/supabase-js'

import type { Database, Json } from './database.js'

const db = createClient<Database>('https://everything.example', 'key')

/** Fails to compile unless a value has exactly a type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function is<T>() {
  return <V>(_value: V, _same: Same<V, T>) => {}
}

export async function rows() {
  const { data } = await db.from('everything').select('text,m_text,flag,small,price,ratio,at,doc,words,m_words,m_int').single()
  is<string>()(data!.text, true)
  is<string | null>()(data!.m_text, true)
  is<boolean>()(data!.flag, true)
  is<number>()(data!.small, true)
  is<number>()(data!.price, true)
  is<number>()(data!.ratio, true)
  is<string>()(data!.at, true)
  is<Json>()(data!.doc, true)
  is<string[]>()(data!.words, true)
  is<string[] | null>()(data!.m_words, true)
  is<number | null>()(data!.m_int, true)
  const all = await db.from('everything').select().order('rank').eq('flag', true).in('count', [1, 2])
  is<string>()(all.data![0]!.owner_id, true)
  const totals = await db.from('totals').select('name,things')
  is<number>()(totals.data![0]!.things, true)
}

export async function embeds() {
  const one = await db.from('everything').select('text,country(name)').single()
  is<string>()(one.data!.country.name, true)
  const byTable = await db.from('everything').select('text,countries(id)').single()
  is<number>()(byTable.data!.countries.id, true)
  const byColumn = await db.from('everything').select('text,home:countries!country_id(id)').single()
  is<number>()(byColumn.data!.home.id, true)
  const many = await db.from('countries').select('name,things:everything(text,m_int)')
  is<string>()(many.data![0]!.things[0]!.text, true)
  const across = await db.from('countries').select('name,groups(title)')
  is<string | null>()(across.data![0]!.groups[0]!.title, true)
  const deep = await db.from('groups').select('countries(everything(country(name)))')
  is<string>()(deep.data![0]!.countries[0]!.everything[0]!.country.name, true)
}

export async function writes() {
  await db.from('everything').insert({ country_id: 1, text: 'two', ratio: 1})
  await db.from('everything').insert([{ country_id: 1, text: 'two', ratio: 1, m_text: null, doc: { a: [1, null] }, words: ['x'], code: 'c' }])
  await db.from('everything').upsert({ id: 'x', country_id: 1, text: 'two', ratio: 1, price: 1.5 })
  await db.from('everything').update({ text: 'three', m_at: null }).eq('id', 'x')
  await db.from('countries').insert({ name: 'Norway' }).select('id').single()
  await db.from('groups').insert({ code: 'eu' })
  await db.from('memberships').insert({ country_id: 1, group_code: 'eu' })
  await db.from('everything').delete().eq('id', 'x')
}

export async function functions() {
  const report = await db.rpc('report', { name: 'x', tags: ['a'], age: null, labels: { a: 'b' }, inner: { depth: 1, inner: [{ depth: 2 }] }, kind: 'a' })
  is<number>()(report.data!.total, true)
  is<string | null>()(report.data!.failed, true)
  const names = await db.rpc('names')
  is<string[] | null>()(names.data, true)
  const age = await db.rpc('age', { Name: 'x' })
  is<number | null>()(age.data, true)
  const things = await db.rpc('all_things')
  is<string>()(things.data![0]!.text, true)
  const country = await db.rpc('one-country')
  is<string | undefined>()(country.data?.name, true)
  await db.rpc('reset')
}
