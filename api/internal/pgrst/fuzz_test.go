package pgrst_test

import (
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// used counts what a query asks for.
type used struct {
	selected, embeds, depth, orders int
}

func (u *used) count(t *testing.T, q *query.Query, depth int, lim pgrst.Limits) {
	t.Helper()
	if q.Limit != nil && (*q.Limit < 0 || *q.Limit > lim.Rows) || q.Offset < 0 || q.Offset > lim.Offset {
		t.Errorf("limit %v, offset %d", q.Limit, q.Offset)
	}
	if depth > 0 && q.Limit == nil {
		t.Error("an embed without a limit")
	}
	u.depth = max(u.depth, depth)
	u.orders += len(q.Order)
	u.selected += len(q.Select) + len(q.With)
	for i := range q.With {
		u.embeds++
		u.count(t, &q.With[i].Query, depth+1, lim)
	}
}

// checkProblem holds an error to what the error exit needs.
func checkProblem(t *testing.T, err error) {
	t.Helper()
	code, message, details := problemOf(t, err)
	if message == "" || !utf8.ValidString(message+details) || len(message)+len(details) > 4096 {
		t.Errorf("%s %q %q", code, message, details)
	}
}

func FuzzParseRead(f *testing.F) {
	for _, query := range []string{
		"select=id,title&owner_id=eq.x&order=id&limit=20",
		`select=*,k:other!inner(a,b::text,deep())&other.or=(x.eq.1,not.and(y.is.null,z.in.(1,"2,3")))&k.limit=3`,
		`c=in.(p,"q,r",s"t)&d=not.is.not_null&order=a.desc.nullsfirst,rel(b)&offset=10`,
		"or=(a.like.*x*,b.match.^x$)&columns=\"a\",b&on_conflict=a&after=x", "a=eq.%00", "a%ff=1", "data->>a=eq.1",
		"select=count(),n:a::int.sum()::text,b.avg(),x(count,c.max())&order=b", "select=a.min().max()", "=", "&", "...", "or=((",
	} {
		f.Add(query)
	}
	lim := pgrst.Limits{Rows: 100, Offset: 1000, Select: 6, Embeds: 3, EmbedDepth: 2, Order: 3, Columns: 2, Query: 512}.WithDefaults()
	f.Fuzz(func(t *testing.T, query string) {
		read, err := pgrst.ParseRead(query, lim)
		if err != nil {
			checkProblem(t, err)
			return
		}
		var u used
		u.count(t, &read.Query, 0, lim)
		if len(query) > 512 || u.selected > 6 || u.embeds > 3 || u.depth > 2 || u.orders > 3 || len(read.Columns) > 2 || len(read.OnConflict) > 2 {
			t.Errorf("%q: beyond the limits: %+v", query, u)
		}
		if _, _, err := pgrst.ParseCall(query, true, lim); err != nil {
			t.Errorf("%q: a table's query is none of a function: %v", query, err)
		}
	})
}

func FuzzArray(f *testing.F) {
	for _, text := range []string{"{}", "{a,b}", ` { "a,\\"b" , NULL, c d } `, "{a", "{a,}", "{,}", "{{a}}", `{"a`, `{a"b"}`, "{a}x", `{\x}`, "{null,nil}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // the query string was decoded to UTF-8 before
		}
		list, err := pgrst.ParseArray(text, pgrst.Limits{In: 4}.WithDefaults())
		if err != nil {
			checkProblem(t, err)
			return
		}
		if len(list) > 4 {
			t.Errorf("%q: %d elements", text, len(list))
		}
		// Written down again, every element in quotes, it is the same.
		var quoted []string
		for _, e := range list {
			if e == nil {
				quoted = append(quoted, "NULL")
				continue
			}
			quoted = append(quoted, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(*e)+`"`)
		}
		again, err := pgrst.ParseArray("{"+strings.Join(quoted, ",")+"}", pgrst.Limits{In: 4}.WithDefaults())
		if err != nil || !reflect.DeepEqual(again, list) {
			t.Errorf("%q is another list when it is written down again as %q: %v", text, quoted, err)
		}
	})
}

func FuzzPrefer(f *testing.F) {
	f.Add("return=minimal, count=exact")
	f.Add("handling=strict,max-affected=1")
	f.Add("return=\"a,b\";x=\"\\")
	f.Fuzz(func(t *testing.T, line string) {
		prefer, err := pgrst.ParsePrefer(http.Header{"Prefer": {line}})
		if err != nil {
			checkProblem(t, err)
			return
		}
		// What was applied asks for the same again, without what has no meaning
		// for the method, and without a bound that only strict handling holds.
		applied := prefer.Applied("PATCH", pgrst.ShapeTable)
		prefer.Resolution, prefer.Missing = 0, 0
		if !prefer.Strict {
			prefer.Bounded, prefer.MaxAffected = false, 0
		}
		if again, err := pgrst.ParsePrefer(http.Header{"Prefer": {applied}}); err != nil || again != prefer {
			t.Errorf("%q applied %q: %+v, %v", line, applied, again, err)
		}
	})
}

func FuzzAccept(f *testing.F) {
	f.Add("application/json")
	f.Add(`text/html, application/vnd.pgrst.object+json;q=0.5;nulls=stripped, */*;q=0`)
	f.Add(`a;b="\`)
	f.Add(`application/vnd.pgrst.plan+json; for="application/json"; options=`)
	f.Fuzz(func(t *testing.T, line string) {
		if plan, ok := pgrst.AcceptsPlan(http.Header{"Accept": {line}}); ok && !strings.HasPrefix(plan.ContentType(), "application/vnd.pgrst.plan+") {
			t.Errorf("%q gave %q", line, plan.ContentType())
		}
		media, err := pgrst.NegotiateAccept(http.Header{"Accept": {line}})
		if err != nil {
			checkProblem(t, err)
			return
		}
		if lower := strings.ToLower(line); media != pgrst.MediaJSON && !strings.Contains(lower, "vnd.pgrst") && !strings.Contains(lower, "text/csv") {
			t.Errorf("%q gave %d", line, media)
		}
	})
}

func FuzzSplitPath(f *testing.F) {
	for _, path := range []string{"/", "/notes", "/notes/a%2Fb", "/rpc/f", "/-/x/y", "/%zz", "//"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, escaped string) {
		path, err := pgrst.SplitPath(escaped)
		if err != nil {
			checkProblem(t, err)
			return
		}
		named := path.Shape != pgrst.ShapeRoot && path.Shape != pgrst.ShapeReserved
		if named != (path.Name != "") && path.Shape != pgrst.ShapeReserved || (path.Shape == pgrst.ShapeRow) != (path.ID != "") || len(path.ID) > 512 {
			t.Errorf("%q gave %+v", escaped, path)
		}
		if named && (strings.ContainsRune(path.Name+path.ID, 0) || !utf8.ValidString(path.Name+path.ID)) {
			t.Errorf("%q gave %q", escaped, path)
		}
	})
}

func FuzzLocation(f *testing.F) {
	f.Add("/notes", "a=1&b=2", "id", "x y")
	f.Fuzz(func(t *testing.T, path, query, column, value string) {
		locations := []string{pgrst.ContentLocation(path, query), pgrst.Location(path, []string{column}, []string{value})}
		for _, location := range locations {
			for i := range len(location) {
				if location[i] <= ' ' || location[i] >= 0x7f {
					t.Errorf("%q cannot stand in a header", location)
				}
			}
		}
	})
}

// FuzzRange holds a Range header to what was asked for without it: it narrows rows and
// never widens them, within the limits, and the query it names asks for the same.
func FuzzRange(f *testing.F) {
	for _, header := range []string{"0-9", "items=5-", "-5", "0-1,3-4", "9-0", "bytes=0-9", "0-99999999999999999999", "items=items=0-1", "+1-2", "٠-٩"} {
		f.Add(header, "items", "limit=20&offset=10")
		f.Add(header, "", "select=a(*)&a.limit=2&%6cimit=3")
	}
	lim := pgrst.Limits{Rows: 100, Offset: 1000}.WithDefaults()
	f.Fuzz(func(t *testing.T, header, unit, query string) {
		plain, err := pgrst.ParseRead(query, lim)
		if err != nil {
			t.Skip("another target's")
		}
		read, _ := pgrst.ParseRead(query, lim)
		named, err := read.Range(http.Header{"Range": {header}, "Range-Unit": {unit}}, query, lim)
		if err != nil {
			checkProblem(t, err)
			return
		}
		first, last := bounds(&plain.Query)
		from, to := bounds(&read.Query)
		if from < first || to > last || from > 1000 || read.Query.Limit != nil && *read.Query.Limit > 100 {
			t.Errorf("%q on %q: rows %d to %d of %d to %d", header, query, from, to, first, last)
		}
		again, err := pgrst.ParseRead(named, lim)
		if err != nil {
			t.Fatalf("%q on %q names %q: %v", header, query, named, err)
		}
		if f, l := bounds(&again.Query); f != from || l != to {
			t.Errorf("%q on %q names %q: rows %d to %d, not %d to %d", header, query, named, f, l, from, to)
		}
	})
}

// bounds returns the numbers of the rows that a query asks for.
func bounds(q *query.Query) (first, last int) {
	if q.Limit == nil {
		return q.Offset, math.MaxInt
	}
	return q.Offset, q.Offset + *q.Limit - 1
}
