package pgrst_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

func text(column string, op query.Op, value string) store.Cond {
	return store.Compare(column, op, store.Text(value))
}

func eq(column, value string) store.Cond { return text(column, query.OpEq, value) }

func path(key string) store.Path { return store.Path{}.Key(key) }

func columns(names ...string) []query.Selected {
	list := []query.Selected{}
	for _, name := range names {
		list = append(list, query.Selected{Column: name})
	}
	return list
}

// embedded is what an embed without a limit reads.
func embedded(q query.Query) query.Query {
	q.Limit, q.DefaultLimit = store.Limit(1000), true
	return q
}

func mustRead(t *testing.T, query string) *pgrst.Read {
	t.Helper()
	read, err := pgrst.ParseRead(query, usual)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return read
}

func TestParseReadFilters(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, query string
		want        store.Cond
	}{
		{"None", "", store.Cond{}},
		{"Eq", "a=eq.1", eq("a", "1")},
		{"Neq", "a=neq.1", text("a", query.OpNeq, "1")},
		{"Gt", "amount=gt.-1", text("amount", query.OpGt, "-1")},
		{"Gte", "a=gte.1", text("a", query.OpGte, "1")},
		{"Lt", "a=lt.1e309", text("a", query.OpLt, "1e309")},
		{"Lte", "a=lte.1", text("a", query.OpLte, "1")},
		{"EmptyValue", "a=eq.", eq("a", "")},
		{"ValueVerbatim", `a=eq."x,(y).%3D&b=eq.1`, store.And(eq("a", `"x,(y).=`), eq("b", "1"))},
		{"PlusIsSpace", "a=eq.x+y%2Bz", eq("a", "x y+z")},
		{"EqualsInValue", "a=eq.b=c", eq("a", "b=c")},
		{"RepeatedKeysAnd", "a=gt.1&a=lt.5", store.And(text("a", query.OpGt, "1"), text("a", query.OpLt, "5"))},
		{"Like", "a=like.*x%25y_*", text("a", query.OpLike, `%x%y_%`)},
		{"ILike", `a=ilike.x\%25*`, text("a", query.OpILike, `x\%%`)},
		{"Match", "a=match.^x.*$", text("a", query.OpMatch, "^x.*$")},
		{"IMatch", "a=imatch.x", text("a", query.OpIMatch, "x")},
		{"Not", "a=not.eq.1", store.Not(eq("a", "1"))},
		{"In", "a=in.(p,q)", store.In("a", query.Texts{"p", "q"})},
		{"InNothing", "a=in.()", store.In("a", query.Texts{})},
		{"InEmptyText", `a=in.("")`, store.In("a", query.Texts{""})},
		{"InEmptyElements", `a=in.(,)`, store.In("a", query.Texts{"", ""})},
		{"InQuoted", `a=in.("a,b","c)d","e\"f\\g",h)`, store.In("a", query.Texts{"a,b", "c)d", `e"f\g`, "h"})},
		{"InStrayQuotes", `a=in.(p,"q,r",s"t,"u"v,"w)`, store.In("a", query.Texts{"p", "q,r", `s"t`, `"u"v`, `"w`})},
		{"InSpaces", "a=in.( p ,q)", store.In("a", query.Texts{"p ", "q"})},
		{"NotIn", "a=not.in.(1)", store.Not(store.In("a", query.Texts{"1"}))},
		{"IsNull", "a=is.null", store.Null("a")},
		{"IsNotNull", "a=is.not_null", store.Not(store.Null("a"))},
		{"NotIsNull", "a=not.is.NULL", store.Not(store.Null("a"))},
		{"IsTrue", "a=is.True", store.Compare("a", query.OpIsTrue, nil)},
		{"IsFalse", "a=is.false", store.Compare("a", query.OpIsFalse, nil)},
		{"IsUnknown", "a=is.unknown", store.Null("a")},
		{"PathText", "a->>k=gt.3", text("a", query.OpGt, "3").At(path("k").Text())},
		{"PathJSON", `a->"x y"->0->-1=eq.{"b":1}`, text("a", query.OpEq, `{"b":1}`).At(path("x y").Item(0).Item(-1))},
		{"PathNot", "a->k=not.is.null", store.Not(store.Null("a").At(path("k")))},
		{"PathNotNull", "a->>k=is.not_null", store.Not(store.Null("a")).At(path("k").Text())},
		{"PathKeys", `a->b'c->d-e->1x->%22->>,%5C%22%22->>ü $=eq.1`, eq("a", "1").At(path("b'c").Key("d-e").Key("1x").Key(`->>,"`).Key("ü $").Text())},
		{"PathIn", "a->>k=in.(1,2)", store.In("a", query.Texts{"1", "2"}).At(path("k").Text())},
		{"PathReserved", "order->>k=eq.1", eq("order", "1").At(path("k").Text())},
		{"IsDistinct", "a=isdistinct.x", text("a", query.OpDistinct, "x")},
		{"Contains", `a=cs.{"a":1}`, text("a", query.OpContains, `{"a":1}`)},
		{"ContainedArray", "a=not.cd.{x,y}", store.Not(text("a", query.OpContained, "{x,y}"))},
		{"Overlaps", "a=ov.{x,y}", text("a", query.OpOverlaps, "{x,y}")},
		{"EqAny", "a=eq(any).{1,2}", query.CompareAny("a", query.OpEq, query.Texts{"1", "2"})},
		{"AnyOfNothing", "a=eq(any).{}", query.CompareAny("a", query.OpEq, query.Texts{})},
		{"NotGteAll", "a=not.gte(all).{1}", store.Not(query.CompareAll("a", query.OpGte, query.Texts{"1"}))},
		{"LikeAny", `a=like(any).{*x*,"a,b*"}`, query.CompareAny("a", query.OpLike, query.Texts{"%x%", "a,b%"})},
		{"IMatchAll", "a=imatch(all).{^a,b$}", query.CompareAll("a", query.OpIMatch, query.Texts{"^a", "b$"})},
		{"QuotedColumn", `%22a.b%20%5C%22c%22=eq.1`, eq(`a.b "c`, "1")},
		{"QuotedReserved", `"limit"=eq.1`, eq("limit", "1")},
		{"UnicodeColumn", "größe=eq.1", eq("größe", "1")},
		{"DashedColumn", "a-b=eq.1", eq("a-b", "1")},
		{"WithoutValueSkipped", "a&b=eq.1&c", eq("b", "1")},
		{"EmptyPairsSkipped", "&&b=eq.1&", eq("b", "1")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			read := mustRead(t, tt.query)
			if want := (query.Query{Where: tt.want}); !reflect.DeepEqual(read.Query, want) {
				t.Errorf("%s: got %+v", tt.query, read.Query)
			}
			if !reflect.DeepEqual(read.Filter, tt.want) {
				t.Errorf("%s: Filter is not the condition of the URL", tt.query)
			}
		})
	}
}

func TestParseReadGroups(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, query string
		want        store.Cond
	}{
		{"Or", "or=(a.eq.1,b.eq.2)", store.Or(eq("a", "1"), eq("b", "2"))},
		{"And", "and=(a.eq.1,b.eq.2)", store.And(eq("a", "1"), eq("b", "2"))},
		{"One", "or=(a.eq.1)", eq("a", "1")},
		{"NotOr", "not.or=(a.eq.1,b.eq.2)", store.Not(store.Or(eq("a", "1"), eq("b", "2")))},
		{"NotAnd", "not.and=(a.eq.1,b.eq.2)", store.Not(store.And(eq("a", "1"), eq("b", "2")))},
		{
			"Nested", "or=(a.eq.1,and(b.gt.2,not.c.is.null))",
			store.Or(eq("a", "1"), store.And(text("b", query.OpGt, "2"), store.Not(store.Null("c")))),
		},
		{"NotInside", "or=(a.not.eq.1,not.and(b.eq.2,c.eq.3))", store.Or(store.Not(eq("a", "1")), store.Not(store.And(eq("b", "2"), eq("c", "3"))))},
		{"ColumnNot", "or=(not.eq.1,not.in.(2))", store.Or(eq("not", "1"), store.In("not", query.Texts{"2"}))},
		{"NotColumnEq", "or=(not.eq.eq.1)", store.Not(eq("eq", "1"))},
		{"ColumnsLikeWords", "or=(and.eq.1,order.eq.2,or.eq.3)", store.Or(eq("and", "1"), eq("order", "2"), eq("or", "3"))},
		{"QuotedValue", `or=(a.eq."x,y)\"",b.eq.z)`, store.Or(eq("a", `x,y)"`), eq("b", "z"))},
		{"StrayQuote", `or=(a.eq.x"y,b.eq."z"w)`, store.Or(eq("a", `x"y`), eq("b", `"z"w`))},
		{"Braces", "or=(a.eq.{1,2},b.eq.{x,c.eq.{y}z)", store.Or(eq("a", "{1,2}"), eq("b", "{x"), eq("c", "{y}z"))},
		{"PathInGroup", "or=(not.a->>b.eq.1,a->0->>c-d.not.in.(x))", store.Or(store.Not(eq("a", "1").At(path("b").Text())), store.Not(store.In("a", query.Texts{"x"}).At(store.Path{}.Item(0).Key("c-d").Text())))},
		{"AnyInGroup", `or=(a.eq(any).{1,2},b.cs.{"a":1,"b":2})`, store.Or(query.CompareAny("a", query.OpEq, query.Texts{"1", "2"}), text("b", query.OpContains, `{"a":1,"b":2}`))},
		{"AnyQuotedInGroup", `or=(a.like(any)."{\"x}y\",z}",b.isdistinct.1)`, store.Or(query.CompareAny("a", query.OpLike, query.Texts{"x}y", "z"}), text("b", query.OpDistinct, "1"))},
		{"InList", `or=(a.in.(1,"2,3"),b.is.true)`, store.Or(store.In("a", query.Texts{"1", "2,3"}), store.Compare("b", query.OpIsTrue, nil))},
		{"Like", "or=(a.ilike.*x*,b.like.y*)", store.Or(text("a", query.OpILike, "%x%"), text("b", query.OpLike, "y%"))},
		{"Dots", "or=(a.eq.1.5,b.eq.x.y)", store.Or(eq("a", "1.5"), eq("b", "x.y"))},
		{"Spaces", "or=( a.eq.1, and (b.eq.2 ,c.eq.3) )", store.Or(eq("a", "1"), store.And(eq("b", "2 "), eq("c", "3")))},
		{"EmptyValue", "or=(a.eq.,b.eq.)", store.Or(eq("a", ""), eq("b", ""))},
		{"QuotedColumn", `or=("a.b".eq.1)`, eq("a.b", "1")},
		{"Both", "or=(a.eq.1,b.eq.2)&c=eq.3", store.And(store.Or(eq("a", "1"), eq("b", "2")), eq("c", "3"))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			if got := mustRead(t, tt.query).Query.Where; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s: got %+v", tt.query, got)
			}
		})
	}
}

func TestParseReadSelect(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, query string
		want        query.Query
	}{
		{"Absent", "", query.Query{}},
		{"Empty", "select=", query.Query{Select: columns()}},
		{"All", "select=*", query.Query{}},
		{"Columns", "select=id,title", query.Query{Select: columns("id", "title")}},
		{"Spaces", "select= id , full name", query.Query{Select: columns("id", "full name")}},
		{"SameTwice", "select=id,id,*,*", query.Query{Select: columns("id", "*")}},
		{"AllAndAlias", "select=*,x:title", query.Query{Select: []query.Selected{{Column: "*"}, {Column: "title", As: "x"}}}},
		{"Cast", "select=id::text,n:amount::numeric", query.Query{Select: []query.Selected{{Column: "id", Cast: "text"}, {Column: "amount", As: "n", Cast: "numeric"}}}},
		{"Paths", `select=a->b,x:a->>"c,d"::int8, a->-1 ,a->e->0,"a"->"f.g"->>h`, query.Query{Select: []query.Selected{
			{Column: "a", Path: path("b")},
			{Column: "a", As: "x", Path: path("c,d").Text(), Cast: "int8"},
			{Column: "a", Path: store.Path{}.Item(-1)},
			{Column: "a", Path: path("e").Item(0)},
			{Column: "a", Path: path("f.g").Key("h").Text()},
		}}},
		{"SamePathTwice", "select=a->b,a->b", query.Query{Select: []query.Selected{{Column: "a", Path: path("b")}}}},
		{"QuotedNames", `select="a,b":"c:d"::text`, query.Query{Select: []query.Selected{{Column: "c:d", As: "a,b", Cast: "text"}}}},
		{"Aggregates", "select=count(),n:a.count(),a.sum(),b.avg(),c.min(),d.max()", query.Query{Select: []query.Selected{
			{Aggregate: query.AggregateCount},
			{Column: "a", As: "n", Aggregate: query.AggregateCount},
			{Column: "a", Aggregate: query.AggregateSum},
			{Column: "b", Aggregate: query.AggregateAvg},
			{Column: "c", Aggregate: query.AggregateMin},
			{Column: "d", Aggregate: query.AggregateMax},
		}}},
		{"AggregateCasts", "select=x:a::int.sum()::text,n:count()::int8", query.Query{Select: []query.Selected{
			{Column: "a", As: "x", Cast: "int", Aggregate: query.AggregateSum, ResultCast: "text"}, {As: "n", Aggregate: query.AggregateCount, ResultCast: "int8"},
		}}},
		{"AggregateTwice", "select=a.sum(),a.sum()", query.Query{Select: []query.Selected{{Column: "a", Aggregate: query.AggregateSum}}}},
		{"EmbedAggregate", "select=owner(count)&owner.order=a", query.Query{Select: columns(), With: []query.Embed{{
			Relation: "owner", Query: embedded(query.Query{Select: columns("count"), Order: []store.Order{{Column: "a"}}}),
		}}}},
		{"Embed", "select=id,owner(*)", query.Query{Select: columns("id"), With: []query.Embed{{Relation: "owner", Query: embedded(query.Query{})}}}},
		{"EmbedOnly", "select=owner(id)", query.Query{Select: columns(), With: []query.Embed{{Relation: "owner", Query: embedded(query.Query{Select: columns("id")})}}}},
		{"EmbedAndAll", "select=*,o:owner!inner(id)", query.Query{With: []query.Embed{{Relation: "owner", As: "o", Inner: true, Query: embedded(query.Query{Select: columns("id")})}}}},
		{"Spread", "select=id,...owner(*)", query.Query{Select: columns("id"), With: []query.Embed{{Relation: "owner", Spread: true, Query: embedded(query.Query{})}}}},
		{"SpreadTwice", "select=...users!a!inner(x:id),...users!b(y:id),users(id)", query.Query{Select: columns(), With: []query.Embed{
			{Relation: "users!a", Spread: true, Inner: true, Query: embedded(query.Query{Select: []query.Selected{{Column: "id", As: "x"}}})},
			{Relation: "users!b", Spread: true, Query: embedded(query.Query{Select: []query.Selected{{Column: "id", As: "y"}}})},
			{Relation: "users", Query: embedded(query.Query{Select: columns("id")})},
		}}},
		{"SpreadNull", "select=...owner(*)&owner=is.null", query.Query{Select: columns(), With: []query.Embed{{Relation: "owner", Spread: true, Query: embedded(query.Query{})}}, Where: store.Not(store.Related("owner", store.Cond{}))}},
		{"Left", "select=owner!left(*)", query.Query{Select: columns(), With: []query.Embed{{Relation: "owner", Query: embedded(query.Query{})}}}},
		{"Hint", "select=users!owner_id(*)", query.Query{Select: columns(), With: []query.Embed{{Relation: "users!owner_id", Query: embedded(query.Query{})}}}},
		{"HintAndInner", "select=users!owner_id!inner(*)", query.Query{Select: columns(), With: []query.Embed{{Relation: "users!owner_id", Inner: true, Query: embedded(query.Query{})}}}},
		{"LeftAndHint", "select=users!left!owner_id(*)", query.Query{Select: columns(), With: []query.Embed{{Relation: "users!owner_id", Query: embedded(query.Query{})}}}},
		{"QuotedWordIsHint", `select=users!"inner"(*)`, query.Query{Select: columns(), With: []query.Embed{{Relation: "users!inner", Query: embedded(query.Query{})}}}},
		{"HintsByAlias", "select=a:users!owner_id(*),b:users!lead_id(*)&a.name=eq.x&b.limit=1&order=b(name)", query.Query{
			Select: columns(), Order: []store.Order{{Relation: "users!lead_id", Column: "name"}}, With: []query.Embed{
				{Relation: "users!owner_id", As: "a", Query: embedded(query.Query{Where: eq("name", "x")})},
				{Relation: "users!lead_id", As: "b", Query: query.Query{Limit: store.Limit(1)}},
			},
		}},
		{"BareHint", "select=users!owner_id!inner()&users.name=eq.x", query.Query{Select: columns(), Where: store.Related("users!owner_id", eq("name", "x"))}},
		{"ColumnAfterEmbed", "select=owner(id),id", query.Query{Select: columns("id"), With: []query.Embed{{Relation: "owner", Query: embedded(query.Query{Select: columns("id")})}}}},
		{"Nested", "select=a( b( c ( id ) ) )", query.Query{Select: columns(), With: []query.Embed{{
			Relation: "a", Query: embedded(query.Query{Select: columns(), With: []query.Embed{{
				Relation: "b", Query: embedded(query.Query{Select: columns(), With: []query.Embed{{
					Relation: "c", Query: embedded(query.Query{Select: columns("id")}),
				}}}),
			}}}),
		}}}},
		{
			"BareEmbedHasNoMember", "select=id,owner()&owner.name=eq.x",
			query.Query{Select: columns("id"), Where: store.Or(store.True(), store.Related("owner", eq("name", "x")))},
		},
		{
			"BareInnerIsCondition", "select=id,owner!inner()&owner.name=eq.x&id=eq.1",
			query.Query{Select: columns("id"), Where: store.And(eq("id", "1"), store.Related("owner", eq("name", "x")))},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			if got := mustRead(t, tt.query).Query; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s: got %+v", tt.query, got)
			}
		})
	}
}

func TestParseReadEmbedParams(t *testing.T) {
	t.Parallel()

	read := mustRead(t, strings.Join([]string{
		"k.or=(x.eq.1,y.eq.2)", "other.z=not.is.null", "other.order=n.desc", "k.limit=3", "k.offset=1",
		"other.deep.id=eq.7", "other.deep.not.and=(a.eq.1,b.eq.2)", "id=eq.5", "select=id,k:other(n,deep(*))",
	}, "&"))
	want := query.Query{
		Select: columns("id"),
		Where:  eq("id", "5"),
		With: []query.Embed{{Relation: "other", As: "k", Query: query.Query{
			Select: columns("n"),
			Where:  store.And(store.Or(eq("x", "1"), eq("y", "2")), store.Not(store.Null("z"))),
			Order:  []store.Order{{Column: "n", Desc: true}},
			Limit:  store.Limit(3),
			Offset: 1,
			With: []query.Embed{{Relation: "deep", Query: embedded(query.Query{
				Where: store.And(eq("id", "7"), store.Not(store.And(eq("a", "1"), eq("b", "2")))),
			})}},
		}}},
	}
	if !reflect.DeepEqual(read.Query, want) {
		t.Errorf("got %+v", read.Query)
	}
	if !reflect.DeepEqual(read.Filter, eq("id", "5")) {
		t.Error("Filter has conditions of embeds")
	}
}

// A write by filter must not take what only shapes its answer for a filter.
func TestFilterLacksConditionsOfEmbeds(t *testing.T) {
	t.Parallel()

	read := mustRead(t, "select=id,owner!inner()&owner.name=eq.x")
	if !read.Filter.IsZero() || read.Query.Where.IsZero() {
		t.Errorf("Filter %+v, Where %+v", read.Filter, read.Query.Where)
	}
}

func TestParseReadOrderAndPaging(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, query string
		want        query.Query
	}{
		{"Plain", "order=a", query.Query{Order: []store.Order{{Column: "a"}}}},
		{"Directions", "order=a.asc,b.desc", query.Query{Order: []store.Order{{Column: "a"}, {Column: "b", Desc: true}}}},
		{"Nulls", "order=a.desc.nullsfirst,b.nullslast,c.asc.nullsfirst", query.Query{Order: []store.Order{
			{Column: "a", Desc: true, Nulls: query.NullsFirst},
			{Column: "b", Nulls: query.NullsLast},
			{Column: "c", Nulls: query.NullsFirst},
		}}},
		{"Paths", "order=a->>k.desc.nullslast,rel(a->0->>b),c->>d", query.Query{Order: []store.Order{
			{Column: "a", Path: path("k").Text(), Desc: true, Nulls: query.NullsLast},
			{Column: "a", Path: store.Path{}.Item(0).Key("b").Text(), Relation: "rel"},
			{Column: "c", Path: path("d").Text()},
		}}},
		{"Spaces", "order=a.desc , b", query.Query{Order: []store.Order{{Column: "a", Desc: true}, {Column: "b"}}}},
		{"Relation", "order=owner(name).desc", query.Query{Order: []store.Order{{Column: "name", Relation: "owner", Desc: true}}}},
		{"Quoted", `order="a.desc".desc`, query.Query{Order: []store.Order{{Column: "a.desc", Desc: true}}}},
		{"Alias", "order=o(name)&select=o:owner!inner()", query.Query{
			Select: columns(), Where: store.Related("owner", store.Cond{}), Order: []store.Order{{Column: "name", Relation: "owner"}},
		}},
		{"Limit", "limit=10&offset=20", query.Query{Limit: store.Limit(10), Offset: 20}},
		{"LimitZero", "limit=0", query.Query{Limit: store.Limit(0)}},
		{"LimitLargest", "limit=1000&offset=100000", query.Query{Limit: store.Limit(1000), Offset: 100000}},
		{"LeadingZeros", "limit=0000000000000000000007", query.Query{Limit: store.Limit(7)}},
		{"After", "after=abc-_%3D", query.Query{After: "abc-_="}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			if got := mustRead(t, tt.query).Query; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s: got %+v", tt.query, got)
			}
		})
	}
}

func TestParseReadColumns(t *testing.T) {
	t.Parallel()

	read := mustRead(t, `columns="a","b c",d&on_conflict=a, e`)
	if want := []string{"a", "b c", "d"}; !reflect.DeepEqual(read.Columns, want) {
		t.Errorf("columns %q, want %q", read.Columns, want)
	}
	if want := []string{"a", "e"}; !reflect.DeepEqual(read.OnConflict, want) {
		t.Errorf("on_conflict %q, want %q", read.OnConflict, want)
	}
	if read = mustRead(t, ""); read.Columns != nil || read.OnConflict != nil {
		t.Error("absent lists are not nil")
	}
}

func TestParseCall(t *testing.T) {
	t.Parallel()

	if _, _, err := pgrst.ParseCall("a=sl.x", true, usual); err == nil {
		t.Error("an unsupported operator was taken for an argument")
	}
	read, args, err := pgrst.ParseCall("a=1&arr={1,2}&name=like.this.*&b=eq.5&c=not.an.operator&limit=3&d=equal.x", true, usual)
	if err != nil {
		t.Fatal(err)
	}
	wantArgs := []pgrst.Arg{{Name: "a", Value: "1"}, {Name: "arr", Value: "{1,2}"}, {Name: "c", Value: "not.an.operator"}, {Name: "d", Value: "equal.x"}}
	if !reflect.DeepEqual(args, wantArgs) {
		t.Errorf("args %q, want %q", args, wantArgs)
	}
	want := query.Query{Where: store.And(text("name", query.OpLike, "this.%"), eq("b", "5")), Limit: store.Limit(3)}
	if !reflect.DeepEqual(read.Query, want) {
		t.Errorf("got %+v", read.Query)
	}
}

// Without rows there is nothing to filter.
func TestParseCallWithoutRows(t *testing.T) {
	t.Parallel()

	read, args, err := pgrst.ParseCall("name=eq.x&tags=cs.{a}", false, usual)
	want := []pgrst.Arg{{Name: "name", Value: "eq.x"}, {Name: "tags", Value: "cs.{a}"}}
	if err != nil || !reflect.DeepEqual(args, want) || !read.Query.Where.IsZero() {
		t.Errorf("args %q and %v, %v", args, read.Query.Where, err)
	}
}

func TestParseArray(t *testing.T) {
	t.Parallel()

	tests := []struct{ text, want string }{
		{"{}", ""},
		{" { } ", ""},
		{"{a}", "<a>"},
		{"{ a b , 1.5,-2 }", "<a b><1.5><-2>"},
		{`{"a,}","q\"\\",""}`, `<a,}><q"\><>`},
		{`{null,"null",nullx}`, "~<null><nullx>"},
		{`{a:b,(c)}`, "<a:b><(c)>"},
		{"", "!"},
		{"a,b", "!"},
		{"{a", "!"},
		{"{a}b", "!"},
		{"{a,}", "!"},
		{"{,a}", "!"},
		{"{{a}}", "!"},
		{`{"a}`, "!"},
		{`{"a"b}`, "!"},
		{`{a"b"}`, "!"},
		{`{a\b}`, "!"},
		{"{1,2,3,4}", "!"}, // beyond the limit
	}
	for _, tt := range tests {
		list, err := pgrst.ParseArray(tt.text, pgrst.Limits{In: 3}.WithDefaults())
		got := ""
		for _, e := range list {
			if e == nil {
				got += "~"
			} else {
				got += "<" + *e + ">"
			}
		}
		if err != nil {
			got = "!"
		}
		if got != tt.want {
			t.Errorf("%q is %s, want %s (%v)", tt.text, got, tt.want, err)
		}
	}
}

// The request of the recorded client, escaped as URLSearchParams does.
func TestRecordedClientRequest(t *testing.T) {
	t.Parallel()

	params := url.Values{
		"select": {"id,name,k:other(*)"}, "a": {"eq.1"}, "b": {"neq.x"}, "c": {`in.(p,"q,r",s"t)`},
		"other.or": {"(x.eq.1,y.is.null)"}, "d": {"not.is.null"}, "order": {"a.desc.nullsfirst"},
		"other.order": {"n.asc"}, "offset": {"10"}, "limit": {"10"},
	}
	want := query.Query{
		Select: columns("id", "name"),
		// Encode sorts by key, so this is the order of the conditions.
		Where: store.And(eq("a", "1"), text("b", query.OpNeq, "x"), store.In("c", query.Texts{"p", "q,r", `s"t`}), store.Not(store.Null("d"))),
		Order: []store.Order{{Column: "a", Desc: true, Nulls: query.NullsFirst}},
		Limit: store.Limit(10), Offset: 10,
		With: []query.Embed{{Relation: "other", As: "k", Query: embedded(query.Query{
			Where: store.Or(eq("x", "1"), store.Null("y")),
			Order: []store.Order{{Column: "n"}},
		})}},
	}
	if got := mustRead(t, params.Encode()).Query; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}
