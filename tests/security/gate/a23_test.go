package gate_test

import (
	"net/http"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
)

// relationUses returns uses of a relation by the stem of its names: %[1]s is
// reviewer for a relation whose foreign key is hidden.
func relationUses() []ask {
	var uses []ask
	for _, name := range []string{
		"%[1]s", "%[1]s_id", "notes_%[1]s_id_fkey", "users!%[1]s_id", "users!notes_%[1]s_id_fkey", "users!%[1]s", "%[1]s!%[1]s_id", "owner!%[1]s_id",
	} {
		for _, query := range []string{
			"select=" + name + "(name)", "select=x:" + name + "!inner(name)", "select=slug,x:" + name + "()", "select=slug,x:" + name + "!inner()",
			"select=slug,..." + name + "(name)", "select=project(notes(slug,..." + name + "!inner(name)))",
			"select=slug,x:" + name + "()&x=is.null", "select=slug,x:" + name + "()&or=(x.not.is.null,slug.eq.x)",
			"select=project(notes(" + name + "(name)))", "select=slug,x:" + name + "(name)&x.name=eq.root", "select=slug,x:" + name + "(name)&order=x(name)",
		} {
			uses = append(uses, ask{method: http.MethodGet, target: "/notes?" + query})
		}
		uses = append(
			uses, ask{method: http.MethodHead, target: "/notes?select=" + name + "(name)", prefer: counted},
			ask{method: http.MethodGet, target: "/notes/" + anaDraft + "?select=" + name + "(name)"},
			ask{method: http.MethodPatch, target: "/notes/" + anaDraft + "?select=" + name + "(name)", body: changeOf["notes"], prefer: represented},
			ask{method: http.MethodPost, target: "/notes?select=" + name + "(name)", body: wholeBody["notes"] + "}", prefer: represented},
			ask{method: http.MethodDelete, target: "/notes?id=eq." + anaDraft + "&select=" + name + "(name)", prefer: represented},
		)
	}
	return uses
}

// TestA23HiddenRelationIsUnknownRelation: a relation whose foreign key a
// caller must not know is one that does not exist, under each of its names.
func TestA23HiddenRelationIsUnknownRelation(t *testing.T) {
	t.Parallel()
	const hidden, unknown = "reviewer", "rexiewer" // as near to any other name
	engines(t, func(t *testing.T, f *fixture) {
		for _, p := range []auth.Principal{asAna, asAdmin} {
			f.untouched(t, "naming "+hidden, func() {
				for _, use := range relationUses() {
					a := use.named(hidden)
					got := f.do(t, p, a)
					alike(t, a, got, f.do(t, p, use.named(unknown)), hidden, unknown)
					if got.Status != http.StatusBadRequest || a.method != http.MethodHead && got.Code() != "PGRST200" {
						t.Errorf("%s: status %d, want PGRST200: %s", a, got.Status, got.Body)
					}
				}
			})
		}
	})
}
