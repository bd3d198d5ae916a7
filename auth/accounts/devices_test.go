package accounts_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSessions: users list their sessions and end them.
func TestSessions(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		in, _ := w.withApp()
		token := in.str("access_token")
		other := w.login()
		w.advance(time.Minute)
		list := func() []any { return w.must(200, w.do("GET /user/sessions", token, "")).body["sessions"].([]any) }
		got := list()
		if len(got) != 2 {
			t.Fatalf("%d sessions: %v", len(got), got)
		}
		first, second := got[0].(map[string]any), got[1].(map[string]any)
		if first["id"] != w.claims(other.str("access_token"))["session_id"] || first["aal"] != "aal1" || first["current"] != false || first["address"] != "192.0.2.1" {
			t.Errorf("the newest: %v", first)
		}
		if second["id"] != w.claims(token)["session_id"] || second["aal"] != "aal2" || second["current"] != true || second["created_at"] == nil || second["refreshed_at"] == nil {
			t.Errorf("the request's own: %v", second)
		}
		bob := w.must(200, w.do("POST /signup", "", strings.ReplaceAll(ann, "ann@", "bob@"))).str("access_token")
		for _, line := range []string{"DELETE /user/sessions/" + first["id"].(string), "DELETE /user/sessions/x"} {
			w.refused(404, "not_found", w.do(line, bob, ""))
		}
		w.must(http.StatusNoContent, w.do("DELETE /user/sessions/"+first["id"].(string), token, ""))
		w.refused(404, "not_found", w.do("DELETE /user/sessions/"+first["id"].(string), token, ""))
		w.refused(403, "session_not_found", w.do("GET /user", other.str("access_token"), ""))
		w.refused(400, "session_expired", w.do(refreshLine, "", refreshBody(other.str("refresh_token"))))
		if got := list(); len(got) != 1 {
			t.Errorf("afterwards %v", got)
		}
		w.must(http.StatusNoContent, w.do("DELETE /user/sessions/"+second["id"].(string), token, ""))
		w.refused(403, "session_not_found", w.do("GET /user", token, ""))
	})
}
