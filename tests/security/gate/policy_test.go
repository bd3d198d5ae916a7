package gate_test

import (
	"net/http"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/apitest"
)

// TestPolicy keeps the rules of the fixture as a table that people can read.
func TestPolicy(t *testing.T) {
	t.Parallel()
	note := func(owner string) string {
		return `{"slug":"fresh","title":"x","status":"draft","owner_id":"` + owner + `"}`
	}
	apitest.Policy(t, apitest.Matrix{
		Open: func(tb testing.TB) http.Handler { return openSQLite(tb).handler },
		Callers: []apitest.Caller{
			{Name: "anonymous", Principal: asAnon},
			{Name: "ana", Principal: asAna},
			{Name: "ari", Principal: asAri},
			{Name: "bea", Principal: asBea},
			{Name: "admin", Principal: asAdmin},
			{Name: "service", Principal: asService},
		},
		Rows: []apitest.Row{
			{Name: "a note of ana's", Collection: "/notes", Create: note(ana)},
			{Name: "a note of ari's", Collection: "/notes", Create: note(ari)},
			{Name: "ana's draft", Path: "/notes/" + anaDraft, Update: `{"title":"new"}`},
			{Name: "ana's shared note", Path: "/notes/" + anaShared, Update: `{"title":"new"}`},
			{Name: "ana's deleted note", Path: "/notes/" + anaDeleted, Update: `{"title":"new"}`},
			{Name: "bea's shared note", Path: "/notes/" + beaShared, Update: `{"title":"new"}`},
			{Name: "the margin of a note", Path: "/notes?id=eq." + anaShared, Update: `{"margin":1}`, Keep: true},
			{Name: "a note made official", Path: "/notes/" + anaShared, Update: `{"status":"official"}`, Keep: true},
			{Name: "a note into ari's project", Path: "/notes/" + anaShared, Update: `{"project_id":"` + ariProject + `"}`, Keep: true},
			{Name: "our project", Path: "/projects/" + bothProject, Update: `{"name":"new"}`, Collection: "/projects", Create: `{"name":"new"}`, Keep: true},
			{Name: "ana herself", Path: "/users/" + ana, Update: `{"name":"new"}`, Keep: true},
			{Name: "the admin", Path: "/users/" + root, Update: `{"name":"new"}`},
			{Name: "a tag", Path: "/tags/3", Update: `{"name":"new"}`, Collection: "/tags", Create: `{"name":"new"}`, Keep: true},
			{Name: "a private tag of ana's", Path: "/note_tags?tag_id=eq.2&note_id=eq." + anaShared, Collection: "/note_tags", Create: `{"note_id":"` + anaShared + `","tag_id":3}`},
			{Name: "open news", Path: "/news/open", Update: `{"text":"new"}`, Collection: "/news", Create: `{"code":"new","text":"x","published":true}`},
			{Name: "sealed news", Path: "/news/sealed", Update: `{"text":"new"}`},
		},
	})
}
