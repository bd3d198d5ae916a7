package pgrst_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// coded is what the library's one error exit looks for.
type coded interface {
	error
	Problem() string
	ProblemText() (message, details, hint string)
}

func problemOf(t *testing.T, err error) (code, message, details string) {
	t.Helper()
	var c coded
	if !errors.As(err, &c) {
		t.Fatalf("no coded error: %v", err)
	}
	if status := problem.Status(c.Problem(), true); status < 400 || status > 499 {
		t.Errorf("%s has status %d", c.Problem(), status)
	}
	message, details, _ = c.ProblemText()
	return c.Problem(), message, details
}

// The texts marked as PostgREST's are those of its parser and its tests; the
// column is where it says.
func TestParseErrors(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, key, value, what string
		column                 int
		details                string
	}{
		{"NoOperator", "id", "5", "filter", 1, `unexpected "5" expecting "not" or operator (eq, gt, ...)`},
		{"UnknownOperator", "id", "foo.1", "filter", 1, `unexpected "f" expecting "not" or operator (eq, gt, ...)`},
		{"UnknownAfterNot", "id", "not.foo.1", "filter", 5, `unexpected "f" expecting operator (eq, gt, ...)`},
		{"NotTwice", "id", "not.not.eq.1", "filter", 5, `unexpected "n" expecting operator (eq, gt, ...)`},
		{"EmptyFilter", "id", "", "filter", 1, `unexpected end of input expecting "not" or operator (eq, gt, ...)`},
		{"UpperOperator", "id", "EQ.1", "filter", 1, `unexpected "E" expecting "not" or operator (eq, gt, ...)`},
		{"Is", "id", "is.nope", "filter", 4, `unexpected "n" expecting isVal: (null, not_null, true, false, unknown)`},
		{"InWithoutList", "id", "in.5", "filter", 4, `unexpected "5" expecting "("`},
		{"InOpen", "id", "in.(5", "filter", 6, `unexpected end of input expecting "," or ")"`},
		{"InTail", "id", "in.(5)x", "filter", 7, `unexpected "x" expecting end of input`},
		// PostgREST's.
		{"GroupWithoutList", "or", "(id.in.1,2,id.eq.3)", "logic tree", 10, `unexpected "1" expecting "("`},
		{"GroupInverted", "or", ")(", "logic tree", 3, `unexpected ")" expecting "("`},
		{"GroupEmpty", "or", "()", "logic tree", 4, `unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)`},
		{"GroupTail", "and", "(a.eq.1),or(id.gt.0)", "logic tree", 12, `unexpected "," expecting end of input`},
		{"GroupOpen", "or", "(a.eq.1", "logic tree", 10, `unexpected end of input expecting "," or ")"`},
		{"GroupNotColumn", "not.or", "(a.eq.1,b)", "logic tree", 16, `unexpected ")" expecting delimiter (.)`},
		// PostgREST's places.
		{"OrderWord", "order", "id.ac", "order", 4, `unexpected "a" expecting "asc", "desc", "nullsfirst" or "nullslast"`},
		{"OrderTail", "order", "id.descc", "order", 8, `unexpected "c" expecting delimiter (.), "," or end of input`},
		{"OrderNulls", "order", "id.asc.nlsfst", "order", 8, `unexpected "n" expecting "nullsfirst" or "nullslast"`},
		{"OrderNullsTail", "order", "id.asc.nullslasttt", "order", 17, `unexpected "t" expecting "," or end of input`},
		{"OrderDirections", "order", "id.asc.desc", "order", 8, `unexpected "d" expecting "nullsfirst" or "nullslast"`},
		{"OrderTwice", "order", "id.nullslast.asc", "order", 13, `unexpected "." expecting "," or end of input`},
		{"OrderEmpty", "order", "", "order", 1, `unexpected end of input expecting field name (* or [a..z0..9_$])`},
		{"OrderComma", "order", "a,", "order", 3, `unexpected end of input expecting field name (* or [a..z0..9_$])`},
		{"OrderInjection", "order", "id;drop", "order", 3, `unexpected ";" expecting delimiter (.), "," or end of input`},
		{"SelectComma", "select", "id,", "select parameter", 4, `unexpected end of input expecting field name (* or [a..z0..9_$])`},
		{"SelectBrackets", "select", "id,clients(name[])", "select parameter", 16, `unexpected "[" expecting "," or ")"`},
		{"SelectOpen", "select", "id,clients(name", "select parameter", 16, `unexpected end of input expecting "," or ")"`},
		{"SelectClosed", "select", "id)", "select parameter", 3, `unexpected ")" expecting "," or end of input`},
		{"SelectCast", "select", "name::", "select parameter", 7, `unexpected end of input expecting letter or digit`},
		{"SelectCastInjection", "select", "name::text)--", "select parameter", 11, `unexpected ")" expecting "," or end of input`},
		{"SelectSubquery", "select", "(select 1)", "select parameter", 1, `unexpected "(" expecting field name (* or [a..z0..9_$])`},
		{"SelectStarEmbed", "select", "*(id)", "select parameter", 2, `unexpected "(" expecting "," or end of input`},
		{"SelectNameTaken", "select", "a:id,a:title", "select parameter", 6, `unexpected "a" expecting a name the answer does not have yet`},
		{"EmbedNameTaken", "select", "x(id),x(title)", "select parameter", 7, `unexpected "x" expecting a name the answer does not have yet`},
		{"InnerTwice", "select", "x!inner!inner(id)", "select parameter", 9, `unexpected "i" expecting "("`},
		{"InnerWithoutList", "select", "x!inner", "select parameter", 8, `unexpected end of input expecting "("`},
		{"Limit", "limit", "NaN", "limit", 1, `unexpected "N" expecting digit`},
		{"LimitEmpty", "limit", "", "limit", 1, `unexpected end of input expecting digit`},
		{"LimitHex", "limit", "0x10", "limit", 2, `unexpected "x" expecting digit or end of input`},
		{"LimitSign", "limit", "+1", "limit", 1, `unexpected "+" expecting digit`},
		{"Offset", "offset", "1.5", "offset", 2, `unexpected "." expecting digit or end of input`},
		{"AfterEmpty", "after", "", "after", 1, "unexpected end of input expecting cursor"},
		{"Columns", "columns", "a,,b", "columns parameter", 3, `unexpected "," expecting field name (* or [a..z0..9_$])`},
		{"ColumnsEmpty", "columns", "", "columns parameter", 1, `unexpected end of input expecting field name (* or [a..z0..9_$])`},
		{"ColumnsTwice", "columns", "a,a", "columns parameter", 3, `unexpected "a" expecting a column not named before`},
		{"OnConflict", "on_conflict", "a b;", "on_conflict parameter", 4, `unexpected ";" expecting "," or end of input`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			_, err := pgrst.ParseRead(tt.key+"="+url.QueryEscape(tt.value), usual)
			want := fmt.Sprintf(`"failed to parse %s (%s)" (line 1, column %d)`, tt.what, tt.value, tt.column)
			if code, message, details := problemOf(t, err); code != "PGRST100" || message != want || details != tt.details {
				t.Errorf("got %s %s | %s\nwant %s | %s", code, message, details, want, tt.details)
			}
		})
	}
}

// TestParseErrorsOfKeys: an error in a key names the key. Columns count characters of a line.
func TestParseErrorsOfKeys(t *testing.T) {
	t.Parallel()

	const name = "field name (* or [a..z0..9_$])"
	tests := []struct {
		query, message, details string
	}{
		{"=eq.1", `"failed to parse tree path ()" (line 1, column 1)`, "unexpected end of input expecting " + name},
		{"a..b=eq.1", `"failed to parse tree path (a..b)" (line 1, column 3)`, `unexpected "." expecting ` + name},
		{`""=eq.1`, `"failed to parse tree path ("")" (line 1, column 1)`, `unexpected "\"" expecting ` + name},
		{"id=in.(5)%0A%C3%A9!", "\"failed to parse filter (in.(5)\né!)\" (line 1, column 7)", `unexpected "\n" expecting end of input`},
		{"or=(a.eq.1%0A,ü!)", "\"failed to parse logic tree ((a.eq.1\n,ü!))\" (line 2, column 3)", `unexpected "!" expecting delimiter (.)`},
	}
	for _, tt := range tests {
		_, err := pgrst.ParseRead(tt.query, usual)
		if code, message, details := problemOf(t, err); code != "PGRST100" || message != tt.message || details != tt.details {
			t.Errorf("%s: got %s %s | %s", tt.query, code, message, details)
		}
	}
}

func TestRefusedCodes(t *testing.T) {
	t.Parallel()

	tests := []struct {
		code    string
		queries []string
	}{
		{"PGRST127", []string{
			"a=sl.x", "a=sr.x", "a=nxr.x", "a=nxl.x", "a=adj.x",
		}},
		{"22P02", []string{"a=eq(any).1", "a=like(all).{a", "a=gt(any).{a,null}", `a=eq(any).{"a}`, "a=eq(any).{{a},{b}}", "or=(a.eq(any).1)", "a=eq(any)."}},
		{"PGRST120", []string{"select=owner(*)&owner=eq.5", "select=owner(*)&or=(owner.is.true)", "select=o:owner(*)&o=gt.1", "select=owner(*)&owner=not.is.unknown", "select=owner()&owner=in.(1)", "select=a(b(*))&a.b=eq.null"}},
		{"PGRST108", []string{
			"notes.title=eq.x", "owner.limit=1&select=id", "owner.order=a", "owner.or=(a.eq.1)", "select=owner(*)&owner.deep.a=eq.1",
			"select=a:x(*),b:x(*)&x.id=eq.1", "select=...x(a),...x(b)&x.id=eq.1", "select=...x(a),x(b)&x.limit=1", "select=...x(a),...x(b)&x=is.null", "not.limit=5", `"a".b=eq.1`,
		}},
		{"PGRST100", []string{
			"a=eq.%", "a=eq.%4", "a=eq.%zz", "%=eq.1", "a=eq.%00", "%00=eq.1", "a=eq.%ff", "a=eq.%c3", "a%80=eq.1", "a=eq.\xff", "a=eq.\x00", "novalue%",
			"select=a&select=b", "limit=1&limit=1", "offset=0&offset=0", "order=a&order=b", "after=x&after=x", "columns=a&columns=b", "on_conflict=a&on_conflict=b",
			"select=x(*)&x.limit=1&x.limit=1", "select=y:x(*)&x.limit=1&y.limit=1", "select=x(*)&x.order=a&x.order=b",
			`title"--=eq.1`, "(select 1)=eq.1", "pg_sleep(5)=eq.1", "title::text=eq.1", "*=eq.1", "a'b=eq.1", "a;b=eq.1", "a/*x=eq.1",
			"a=neq(any).{1}", "a=in(any).(1)", "a=is(all).null", "a=cs(any).{x}", "a=eq(some).{1}", "a=eq(any){1}", "a=eq(any)(all).{1}",
			"a=fts", "a=fts()", "a=fts().x", "a=fts(.x", "a=fts(a b).x", "a=fts(a'b).x", "a=fts(pg_catalog.english).x", "a=fts(\"english\").x", "a=fts(é).x", "a=fts(a)(b).x", "a=search(english).x", "or=(a.wfts(a;b).x)",
			"a=fts(" + strings.Repeat("a", 64) + ").x",
			"a->=eq.1", "a->>b->c=eq.1", "a->>b->>c=eq.1", "a->-=eq.1", "a->99999999999=eq.1", "a->>b.c=eq.1", "a->>(b=eq.1", "or=(a->.eq.1)", "or=(a->>b)", "select=a->", "select=a->b,a->>b", "select=b,a->b",
			"select=a->b(c)", "select=...owner", "select=....owner(*)", "select=..owner(*)", "select=x:...owner(*)", "select=...x:owner(*)", "select=...(id)", "order=a->", "order=a->>b->c", "order=x(a->b", `a->>""b=eq.1`,
			"select=a'b", "select=a;b", "select=rel(", "select=rel()x", "select=,", "select=a:", "select=a:*", "select=!inner(x)", "select=a!(x)", "select=a!b", "select=a!inner!left(x)", "select=a!left!left(x)", "select=a!b!c(x)", "select=a!b!inner!c(x)", `select="a`, "select=-",
			"select=a.median()", "select=a.sum", "select=a.sum(", "select=a.sum(b)", "select=a.Sum()", `select=a."sum"()`, "select=a.", "select=a.sum().sum()", "select=count().sum()",
			"select=a.sum(),b.sum()", "select=sum,a.sum()", "select=count(),x.count()", "select=a.sum()::", "select=a::int.sum()x", "select=*.count()", "select=a-", `select=a::"text"`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			t.Parallel()

			for _, query := range tt.queries {
				_, err := pgrst.ParseRead(query, usual)
				if err == nil {
					t.Errorf("%s: no error", query)
					continue
				}
				if code, message, details := problemOf(t, err); code != tt.code {
					t.Errorf("%s: %s %s %s", query, code, message, details)
				}
			}
		})
	}
}

// What is refused must be named, or the client cannot tell what to leave out.
func TestUnsupportedIsNamed(t *testing.T) {
	t.Parallel()

	for query, want := range map[string]string{
		"a=not.nxr.x": "nxr",
	} {
		_, err := pgrst.ParseRead(query, usual)
		if _, _, details := problemOf(t, err); !strings.Contains(details, want) {
			t.Errorf("%s: details %q do not name %q", query, details, want)
		}
	}
}

func TestErrorsQuoteLittle(t *testing.T) {
	t.Parallel()

	for _, long := range []string{strings.Repeat("é", 3000), strings.Repeat("x", 6000)} {
		for _, query := range []string{"a=" + long, long + "!=eq.1", "select=" + long + "!", long + ".a=eq.1", "a=eq.%zz" + long} {
			_, err := pgrst.ParseRead(query, usual)
			_, message, details := problemOf(t, err)
			if len(message)+len(details) > 1200 || !utf8.ValidString(message+details) {
				t.Errorf("message of %d bytes", len(message)+len(details))
			}
		}
	}
}
