package gate_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
)

// TestA20UndeclaredRoutes: what was not added is not there, in whatever spelling, and no
// header makes one method another.
func TestA20UndeclaredRoutes(t *testing.T) {
	t.Parallel()
	hidden := []string{"memberships", "stock", "plinth_changes", "plinth_settings", "plinth_migrations", "sqlite_master", "sqlite_sequence", "pg_user", "information_schema.tables", "pg_catalog.pg_user"}
	spellings := []string{"/%s", "//%s", "/%s/", "/./%s", "/x/../%s", "/%s;x=1", "/%s.json", "/%s%%20", "/%%20%s", "/%s%%2F", "/%s//", "/public.%s", "/main.%s", "/%s?", "/rpc/%s", "/-/%s", "/%s/1", "/%s/1/2", "/%%2e/%s"}
	engines(t, func(t *testing.T, f *fixture) {
		for _, p := range []auth.Principal{asAnon, asAna, asAdmin, asService} {
			for _, name := range hidden {
				for _, n := range []string{name, strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]} {
					for _, s := range spellings {
						f.checkAbsent(t, p, strings.ReplaceAll(strings.ReplaceAll(s, "%s", n), "%%", "%"))
					}
				}
			}
			for _, s := range spellings[1:] {
				if target := strings.ReplaceAll(strings.ReplaceAll(s, "%s", "notes"), "%%", "%"); target != "/notes?" && target != "/notes/1" {
					f.checkAbsent(t, p, target)
				}
			}
		}
		f.untouched(t, "an overridden method", func() {
			for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
				f.as(t, asAna).With(header, http.MethodDelete).Get("/notes?id=eq." + anaDraft).Want(http.StatusOK)
				f.as(t, asAna).With(header, http.MethodDelete).Get("/notes?_method=DELETE&id=eq." + anaDraft)
			}
			for _, method := range []string{"TRACE", "CONNECT", "PROPFIND", "get", "DELETE ", "", "X"} {
				if res := f.as(t, asAna).Do(method, "/notes?id=eq."+anaDraft, nil); res.Status < 400 || res.Status >= 500 {
					t.Errorf("method %q: status %d", method, res.Status)
				}
			}
		})
	})
}

func (f *fixture) checkAbsent(t *testing.T, p auth.Principal, target string) {
	t.Helper()
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		got := f.do(t, p, ask{method: method, target: target, body: map[bool]string{true: `{}`}[writes(method)]})
		switch got.Status {
		case http.StatusNotFound, http.StatusBadRequest, http.StatusMethodNotAllowed:
		default:
			t.Errorf("%s %s: status %d: %s", method, target, got.Status, got.Body)
		}
	}
}
