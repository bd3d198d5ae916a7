package api_test

import "testing"

// TestIfMatchOfRows: If-Match on a write of possibly several rows is refused and not
// ignored.
func TestIfMatchOfRows(t *testing.T) {
	t.Parallel()
	const filter = "/projects?select=title&id=eq." + pAlpha
	story(
		t,
		step{name: "update", line: "PATCH " + filter, body: `{"title":"x"}`, header: []string{`If-Match: "9.x"`}, status: 400, want: `{"code":"PGRST127","message":"If-Match is for one row by its key","details":null,"hint":"Send it to /{table}/{id}, or filter by the version too, as version=eq.3."}`},
		step{name: "update of whatever is there", line: "PATCH " + filter, body: `{"title":"x"}`, header: []string{"If-Match: *"}, status: 400},
		step{name: "delete", line: "DELETE " + filter, header: []string{`If-Match: "9.x"`}, status: 400},
		step{name: "PUT", line: "PUT /labels?id=eq.hot", body: `{"id":"hot","text":"x"}`, header: []string{`If-Match: "9.x"`}, status: 400},
		step{name: "by the version instead", line: "PATCH " + filter + "&version=eq.9", body: `{"title":"x"}`, header: []string{representation}, status: 200, want: `[]`},
		step{name: "nothing was written", line: "GET " + filter, status: 200, want: `[{"title":"Alpha"}]`},
		step{name: "nor there", line: "GET /labels?select=text&id=eq.hot", status: 200, want: `[{"text":"Hot"}]`},
	)
}
