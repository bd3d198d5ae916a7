package gate_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
)

// unknownName is the name of no column.
const unknownName = "nothing_of_that_name"

// hiddenColumn is a column that a caller must take for one that does not exist.
type hiddenColumn struct {
	table, column string
	as            auth.Principal
	id            string // of a row that the caller may write
}

var hiddenColumns = []hiddenColumn{
	{"notes", "secret_note", asAna, anaDraft},
	{"notes", "secret_note", asAdmin, anaDraft},
	{"notes", "reviewer_id", asAna, anaDraft},
	{"notes", "tenant_id", asAna, anaDraft},
	{"notes", "deleted_at", asAna, anaDraft},
	{"notes", "margin", asAna, anaDraft},
	{"users", "email", asAna, ana},
	{"users", "password_hash", asAna, ana},
	{"users", "password_hash", asService, ana},
	{"projects", "tenant_id", asAna, bothProject},
	{"suggestions", "sender", asAna, "1"},
}

// wholeBody is a row to be inserted, without a closing brace.
var wholeBody = map[string]string{
	"notes":       `{"slug":"fresh","title":"x","status":"draft"`,
	"users":       `{"name":"x","listed":false`,
	"projects":    `{"name":"x"`,
	"suggestions": `{"id":7,"text":"x","state":"open"`,
}

// changeOf is a change of a row.
var changeOf = map[string]string{"notes": `{"title":"new"}`, "users": `{"name":"new"}`, "projects": `{"name":"new"}`, "suggestions": `{"text":"new"}`}

// selections are the places of a column in select; %s is the column.
var selections = []string{
	"%s", "*,%s", "other:%s", "%s::text", "other:%s::int", `"%s"`, "id,%s,id", "%s->a->>b", "other:%s->>0::int8",
	"%s.sum()", "%s.count()", "other:%s::text.max()", "id,%s.min()::text", "%s,count()",
}

// operators are the comparisons with a value each that many kinds accept.
var operators = []string{
	"eq.1", "neq.1", "gt.1", "gte.1", "lt.1", "lte.1", "like.*a*", "ilike.*a*", "match.a", "imatch.a", "in.(1,2)", "in.()",
	"is.null", "is.not_null", "is.true", "eq.", "eq.abc", "eq.2026-01-01", "isdistinct.1", "cs.{1}", "fts.a", "like(any).{a,b}",
}

// columnUses returns every use of a column by its name on a table: %s in the
// requests is the name.
func columnUses(h hiddenColumn) []ask {
	var uses []ask
	table, change := "/"+h.table, changeOf[h.table]
	for _, s := range selections {
		uses = append(
			uses,
			ask{method: http.MethodGet, target: table + "?select=" + s}, ask{method: http.MethodHead, target: table + "?select=" + s},
			ask{method: http.MethodGet, target: table + "/" + h.id + "?select=" + s},
			ask{method: http.MethodPost, target: table + "?select=" + s, body: wholeBody[h.table] + "}", prefer: represented},
			ask{method: http.MethodPatch, target: table + "/" + h.id + "?select=" + s, body: change, prefer: represented},
			ask{method: http.MethodPatch, target: table + "?id=eq." + h.id + "&select=" + s, body: change, prefer: represented},
			ask{method: http.MethodDelete, target: table + "/" + h.id + "?select=" + s, prefer: represented},
			ask{method: http.MethodDelete, target: table + "?id=eq." + h.id + "&select=" + s, prefer: represented},
		)
	}
	for _, op := range operators {
		for _, filter := range []string{
			"%[1]s=" + op, "%[1]s=not." + op, "%[1]s->a->>0=" + op, "or=(id.eq." + h.id + ",%[1]s." + op + ")", "and=(%[1]s.not." + op + ")",
			"not.or=(id.is.null,and(%[1]s." + op + ",or(%[1]s." + op + ",id.not.is.null)))",
		} {
			uses = append(uses, ask{method: http.MethodGet, target: table + "?" + filter, prefer: counted})
		}
		uses = append(
			uses, ask{method: http.MethodPatch, target: table + "?%[1]s=" + op, body: change},
			ask{method: http.MethodDelete, target: table + "?%[1]s=" + op}, ask{method: http.MethodHead, target: table + "?%[1]s=" + op, prefer: counted},
		)
	}
	for _, order := range []string{"%s", "%s.desc", "%s.asc.nullsfirst", "id,%s.desc.nullslast", "%s->>a.desc"} {
		uses = append(uses, ask{method: http.MethodGet, target: table + "?order=" + order + "&limit=1"})
	}
	for _, value := range []string{`1`, `"x"`, `null`, `{}`} {
		uses = append(
			uses, ask{method: http.MethodPost, target: table, body: wholeBody[h.table] + `,"%[1]s":` + value + "}"},
			ask{method: http.MethodPost, target: table + `?columns=%[1]s`, body: `[` + wholeBody[h.table] + `,"%[1]s":` + value + "}]"},
			ask{method: http.MethodPost, target: table, body: wholeBody[h.table] + `,"%[1]s":` + value + "}", prefer: merging},
			ask{method: http.MethodPatch, target: table + "/" + h.id, body: `{"%[1]s":` + value + "}"},
			ask{method: http.MethodPatch, target: table + "?id=eq." + h.id, body: `{"%[1]s":` + value + "}"},
		)
	}
	return append(
		uses, ask{method: http.MethodPost, target: table + "?on_conflict=%[1]s", body: wholeBody[h.table] + "}", prefer: merging},
		ask{method: http.MethodPost, target: table + "?on_conflict=id,%[1]s", body: wholeBody[h.table] + "}", prefer: ignoring},
		ask{method: http.MethodPatch, target: table + "?id=eq." + h.id + "&columns=%[1]s", body: `{"%[1]s":1}`},
	)
}

// embeddedUses returns uses of a column of users on every level below notes.
func embeddedUses(column string) []ask {
	var uses []ask
	levels := []struct{ selected, path string }{
		{"owner(%s)", "owner"},
		{"project(lead(%s))", "project.lead"},
		{"project(notes(owner(%s)))", "project.notes.owner"},
		{"o:owner(%s)", "o"},
		{"owner!inner(%s)", "owner"},
	}
	for _, l := range levels {
		for _, s := range selections {
			uses = append(uses, ask{method: http.MethodGet, target: "/notes?select=" + fmt.Sprintf(l.selected, strings.ReplaceAll(s, "%s", "%[1]s"))})
		}
		plain := fmt.Sprintf(l.selected, "name")
		for _, op := range operators {
			for _, key := range []string{l.path + ".%[1]s=" + op, l.path + ".%[1]s=not." + op, l.path + ".or=(name.eq.x,%[1]s." + op + ")"} {
				uses = append(uses, ask{method: http.MethodGet, target: "/notes?select=id," + plain + "&" + key, prefer: counted})
			}
		}
		uses = append(uses, ask{method: http.MethodGet, target: "/notes?select=" + plain + "&" + l.path + ".order=%[1]s.desc"})
	}
	return append(
		uses, ask{method: http.MethodGet, target: "/notes?order=owner(%[1]s)"}, ask{method: http.MethodGet, target: "/notes?order=owner(%[1]s).desc.nullslast,id&limit=1"},
		ask{method: http.MethodHead, target: "/notes?order=owner(%[1]s)"},
		ask{method: http.MethodGet, target: "/projects?select=notes(id)&notes.order=owner(%[1]s)"},
		ask{method: http.MethodPatch, target: "/notes?id=eq." + anaDraft + "&select=owner(%[1]s)", body: changeOf["notes"], prefer: represented},
		ask{method: http.MethodPatch, target: "/notes/" + anaDraft + "?select=owner(%[1]s)", body: `{"title":"x"}`, prefer: represented},
		ask{method: http.MethodPost, target: "/notes?select=owner(%[1]s)", body: wholeBody["notes"] + "}", prefer: represented},
		ask{method: http.MethodDelete, target: "/notes?id=eq." + anaDraft + "&select=owner(%[1]s)", prefer: represented},
	)
}

// named puts a name into a request.
func (a ask) named(name string) ask {
	if strings.Contains(a.target, "%") {
		a.target = fmt.Sprintf(strings.ReplaceAll(a.target, "%s", "%[1]s"), name)
	}
	if strings.Contains(a.body, "%") {
		a.body = fmt.Sprintf(a.body, name)
	}
	return a
}

// checkHidden sends every use with the hidden and with an unknown name: the
// answers must be one, an error, and change nothing.
func (f *fixture) checkHidden(t *testing.T, p auth.Principal, column string, uses []ask) {
	t.Helper()
	f.untouched(t, "naming "+column, func() {
		for _, use := range uses {
			a := use.named(column)
			got, want := f.do(t, p, a), f.do(t, p, use.named(unknownName))
			alike(t, a, got, want, column, unknownName)
			if got.Status < 400 || got.Status >= 500 {
				t.Errorf("%s: status %d, want a refusal: %s", a, got.Status, got.Body)
			}
		}
	})
}

// TestA22HiddenColumnIsUnknownColumn: a column that the caller must not know is one that does
// not exist, in every place a name can stand and under every operator.
func TestA22HiddenColumnIsUnknownColumn(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		for _, h := range hiddenColumns {
			f.checkHidden(t, h.as, h.column, columnUses(h))
		}
	})
}

// TestA23HiddenColumnOfRelation: the same for columns of related tables, three levels deep.
func TestA23HiddenColumnOfRelation(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		for _, column := range []string{"email", "password_hash"} {
			for _, p := range []auth.Principal{asAna, asAdmin, asAnon} {
				uses := embeddedUses(column)
				if p.Kind == auth.Anonymous { // writes are refused before their answers are looked at
					uses = uses[:len(uses)-4]
				}
				f.checkHidden(t, p, column, uses)
			}
		}
	})
}

// TestA22HiddenValuesAreNeverShown: hidden values are in no answer that shows whole rows.
func TestA22HiddenValuesAreNeverShown(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		for _, p := range []auth.Principal{asAnon, asAna, asAri, asBea, asAdmin, asService} {
			for _, a := range []ask{
				{method: http.MethodGet, target: "/notes"},
				{method: http.MethodGet, target: "/notes?select=*,owner(*),project(*,lead(*)),tags(*)"},
				{method: http.MethodGet, target: "/users"},
				{method: http.MethodGet, target: "/projects?select=*,notes(*,owner(*))"},
				{method: http.MethodGet, target: "/suggestions"},
				{method: http.MethodGet, target: "/notes/" + anaShared},
				{method: http.MethodGet, target: "/notes?order=owner(name)&limit=1"},
				{method: http.MethodPatch, target: "/notes?id=not.is.null&select=*,owner(*)", body: `{"title":"x"}`, prefer: represented},
				{method: http.MethodPatch, target: "/users/" + ana, body: `{"name":"x"}`, prefer: represented},
				{method: http.MethodPost, target: "/suggestions", body: `{"id":7,"text":"x","state":"open"}`, prefer: represented},
				{method: http.MethodPost, target: "/rpc/all_suggestions"},
				{method: http.MethodPost, target: "/rpc/first_note", body: `{"slug":"ana-shared"}`},
				{method: http.MethodGet, target: "/rpc/notes_by?slugs={ana-shared,bea-draft}&select=*,owner(*),project(*)"},
				{method: http.MethodDelete, target: "/notes?id=not.is.null&select=*,owner(*)", prefer: represented},
			} {
				got := f.do(t, p, a)
				for _, secret := range []string{"secret of", "hash-of", "example.org", "192.0.2", `"tenant_id"`, `"deleted_at"`} {
					if strings.Contains(got.Body, secret) || strings.Contains(fmt.Sprint(got.Header), secret) {
						t.Errorf("%s by %s shows %q: %s", a, p, secret, got.Body)
					}
				}
			}
			f.reset(t)
		}
	})
}
