package gate_test

import "net/http"

const (
	mediaCSV  = "text/csv"
	mediaForm = "application/x-www-form-urlencoded"
)

// writing holds the written rows of the matrix that try to change something. A
// refusal must leave every table as it was.
var writing = []gateRow{
	// Inserts.
	{
		name: "insert", covers: []string{"POST /{table} root", "POST /{table} returned rows"}, as: asAri, prefer: represented,
		method: http.MethodPost, target: "/notes?select=slug,owner(name)", body: `{"slug":"new","title":"new","status":"draft","project_id":"` + bothProject + `"}`,
		status: 201, want: `[{"slug":"new","owner":{"name":"ari"}}]`,
	},
	{
		name: "insert for a colleague", covers: []string{"POST /{table} root"}, as: asAri,
		method: http.MethodPost, target: "/notes", body: `{"slug":"new","title":"new","status":"draft","owner_id":"` + ana + `"}`, status: 403, want: "42501",
	},
	{
		name: "insert what only admins may", as: asAri,
		method: http.MethodPost, target: "/notes", body: `{"slug":"new","title":"new","status":"official"}`, status: 403, want: "42501",
	},
	{name: "insert by nobody", as: asAnon, method: http.MethodPost, target: "/suggestions", body: `{"id":7,"text":"x","state":"open"}`, status: 401, want: "42501"},
	{name: "insert by a service", as: asService, method: http.MethodPost, target: "/suggestions", body: `{"id":7,"text":"x","state":"open"}`, status: 403, want: "42501"},
	{
		name: "insert out of sight", covers: []string{"POST /{table} returned rows"}, as: asAri, prefer: represented,
		method: http.MethodPost, target: "/suggestions?select=text", body: `{"id":7,"text":"x","state":"closed"}`, status: 201, want: `[]`,
	},
	{
		name: "insert and return all columns", covers: []string{"POST /{table} returned rows"}, as: asAri, prefer: represented,
		method: http.MethodPost, target: "/suggestions", body: `{"id":7,"text":"x","state":"open"}`, status: 201, want: `[{"id":7,"text":"x","state":"open"}]`,
	},
	{
		name: "insert with a foreign key out of sight", covers: []string{"POST /{table} root"}, as: asAri,
		method: http.MethodPost, target: "/notes", body: `{"slug":"new","title":"new","status":"draft","project_id":"` + anaProject + `"}`, status: 409, want: "23503",
	},
	{
		name: "insert with a foreign key to nobody", as: asAri,
		method: http.MethodPost, target: "/notes", body: `{"slug":"new","title":"new","status":"draft","project_id":"` + nobodys + `"}`, status: 409, want: "23503",
	},
	{
		name: "insert into a junction for a row out of sight", as: asAri,
		method: http.MethodPost, target: "/note_tags", body: `{"note_id":"` + anaDraft + `","tag_id":2,"private":false}`, status: 409, want: "23503",
	},
	{
		name: "insert a column of admins", as: asAri,
		method: http.MethodPost, target: "/notes", body: `{"slug":"new","title":"new","status":"draft","margin":1}`, status: 400, want: "PGRST204",
	},

	// Inserts of CSV and forms.
	{
		name: "insert CSV", covers: []string{"POST /{table} root", "POST /{table} returned rows"}, as: asAri, prefer: represented, media: mediaCSV,
		method: http.MethodPost, target: "/notes?select=slug,owner(name)", body: "slug,title,status,project_id\nnew,new,draft," + bothProject, status: 201, want: `[{"slug":"new","owner":{"name":"ari"}}]`,
	},
	{
		name: "insert CSV with a row for a colleague", as: asAri, media: mediaCSV,
		method: http.MethodPost, target: "/notes", body: "slug,title,status,owner_id\nnew,new,draft," + ari + "\nnew2,new,draft," + ana, status: 403, want: "42501",
	},
	{
		name: "insert CSV with what only admins may", as: asAri, media: mediaCSV,
		method: http.MethodPost, target: "/notes", body: "slug,title,status\nnew,new,draft\nnew2,new,official", status: 403, want: "42501",
	},
	{
		name: "insert CSV with a foreign key out of sight", as: asAri, media: mediaCSV,
		method: http.MethodPost, target: "/notes", body: "slug,title,status,project_id\nnew,new,draft," + anaProject, status: 409, want: "23503",
	},
	{
		name: "insert CSV with a column of admins", as: asAri, media: mediaCSV,
		method: http.MethodPost, target: "/notes", body: "slug,title,status,margin\nnew,new,draft,NULL", status: 400, want: "PGRST204",
	},
	{
		name: "insert a header with a column of admins", as: asAri, media: mediaCSV,
		method: http.MethodPost, target: "/notes", body: "slug,margin", status: 400, want: "PGRST204",
	},
	{
		name: "insert CSV out of sight", covers: []string{"POST /{table} returned rows"}, as: asAri, prefer: represented, media: mediaCSV,
		method: http.MethodPost, target: "/suggestions", body: "id,text,state\n7,x,closed\n8,y,open", status: 201, want: `[{"id":8,"text":"y","state":"open"}]`,
	},
	{
		name: "insert CSV by nobody", as: asAnon, media: mediaCSV,
		method: http.MethodPost, target: "/suggestions", body: "id,text,state\n7,x,open", status: 401, want: "42501",
	},
	{
		name: "upsert CSV out of sight", as: asAri, prefer: merging, media: mediaCSV,
		method: http.MethodPost, target: "/notes", body: "id,slug,title,status\n" + anaDraft + ",ana-draft,taken,shared", status: 409, want: "23505",
	},
	{
		name: "insert a form", covers: []string{"POST /{table} root"}, as: asAri, prefer: represented, media: mediaForm,
		method: http.MethodPost, target: "/notes?select=slug,owner(name)", body: "slug=new&title=new&status=draft", status: 201, want: `[{"slug":"new","owner":{"name":"ari"}}]`,
	},
	{
		name: "insert a form for a colleague", as: asAri, media: mediaForm,
		method: http.MethodPost, target: "/notes", body: "slug=new&title=new&status=draft&owner_id=" + ana, status: 403, want: "42501",
	},
	{
		name: "insert a form with a column of admins", as: asAri, media: mediaForm,
		method: http.MethodPost, target: "/notes", body: "slug=new&title=new&status=draft&margin=1", status: 400, want: "PGRST204",
	},
	{
		name: "upsert a form out of sight", as: asAri, prefer: merging, media: mediaForm,
		method: http.MethodPost, target: "/notes", body: "id=" + anaDraft + "&slug=ana-draft&title=taken&status=shared", status: 409, want: "23505",
	},

	// Upserts.
	{
		name: "upsert a row in sight", covers: []string{"POST /{table} root"}, as: asAri, prefer: merging,
		method: http.MethodPost, target: "/notes?select=slug", body: `{"id":"` + anaShared + `","slug":"ana-shared","title":"taken","status":"shared"}`, status: 409, want: "23505",
	},
	{
		name: "upsert a row out of sight", as: asAri, prefer: merging,
		method: http.MethodPost, target: "/notes?select=slug", body: `{"id":"` + anaDraft + `","slug":"ana-draft","title":"taken","status":"shared"}`, status: 409, want: "23505",
	},
	{
		name: "upsert a row of another tenant", as: asAri, prefer: merging,
		method: http.MethodPost, target: "/notes?select=slug", body: `{"id":"` + beaDraft + `","slug":"bea-draft","title":"taken","status":"shared"}`, status: 409, want: "23505",
	},
	{
		name: "upsert by another key", as: asAri, prefer: merging,
		method: http.MethodPost, target: "/notes?select=slug&on_conflict=slug", body: `{"slug":"ana-draft","title":"taken","status":"shared"}`, status: 409, want: "23505",
	},
	{
		name: "upsert to what only admins may", as: asAri, prefer: merging,
		method: http.MethodPost, target: "/notes?select=slug&on_conflict=slug", body: `{"slug":"ari-draft","title":"new","status":"official"}`, status: 403, want: "42501",
	},
	{
		name: "upsert with a foreign key out of sight", as: asAri, prefer: merging,
		method: http.MethodPost, target: "/notes?select=slug", body: `{"id":"` + ariDraft + `","slug":"ari-draft","title":"new","status":"draft","project_id":"` + anaProject + `"}`, status: 409, want: "23503",
	},
	{
		name: "upsert that ignores", as: asAri, prefer: ignoring,
		method: http.MethodPost, target: "/notes?select=slug", body: `{"id":"` + ariDraft + `","slug":"ari-draft","title":"new","status":"draft"}`, status: 201, want: `[]`,
	},

	// Puts.
	{
		name: "put a row in sight", covers: []string{"PUT /{table} root"}, as: asAri,
		method: http.MethodPut, target: "/notes?id=eq." + anaShared, body: `{"id":"` + anaShared + `","slug":"ana-shared","title":"taken","status":"shared"}`, status: 409, want: "23505",
	},
	{
		name: "put a row out of sight", as: asAri,
		method: http.MethodPut, target: "/notes?id=eq." + anaDraft, body: `{"id":"` + anaDraft + `","slug":"ana-draft","title":"taken","status":"shared"}`, status: 409, want: "23505",
	},
	{
		name: "put a row of another tenant", as: asAri,
		method: http.MethodPut, target: "/notes?id=eq." + beaDraft, body: `{"id":"` + beaDraft + `","slug":"bea-draft","title":"taken","status":"shared"}`, status: 409, want: "23505",
	},
	{
		name: "put another key than the one in the URL", as: asAri,
		method: http.MethodPut, target: "/notes?id=eq." + ariDraft, body: `{"id":"` + ariShared + `","slug":"ari-draft","title":"new","status":"draft"}`, status: 400, want: "PGRST115",
	},
	{
		name: "put by a hidden column", as: asAri,
		method: http.MethodPut, target: "/notes?secret_note=eq.x", body: `{"slug":"ari-draft","title":"new","status":"draft"}`, status: 405, want: "PGRST105",
	},
	{
		name: "put to what only admins may", as: asAri,
		method: http.MethodPut, target: "/notes?id=eq." + ariDraft, body: `{"id":"` + ariDraft + `","slug":"ari-draft","title":"new","status":"official"}`, status: 403, want: "42501",
	},
	{
		name: "put with a foreign key out of sight", as: asAri,
		method: http.MethodPut, target: "/notes?id=eq." + ariDraft, body: `{"id":"` + ariDraft + `","slug":"ari-draft","title":"new","status":"draft","project_id":"` + anaProject + `"}`, status: 409, want: "23503",
	},
	{
		name: "put a column of admins", as: asAri,
		method: http.MethodPut, target: "/notes?id=eq." + ariDraft, body: `{"id":"` + ariDraft + `","slug":"ari-draft","title":"new","status":"draft","margin":1}`, status: 400, want: "PGRST204",
	},
	{
		name: "put out of sight", covers: []string{"PUT /{table} returned rows"}, as: asAri, prefer: represented,
		method: http.MethodPut, target: "/suggestions?id=eq.7&select=text", body: `{"id":7,"text":"x","state":"closed"}`, status: 201, want: `[]`,
	},
	{
		name: "put and return all columns", covers: []string{"PUT /{table} returned rows"}, as: asAri, prefer: represented,
		method: http.MethodPut, target: "/suggestions?id=eq.7", body: `{"id":7,"text":"x","state":"open"}`, status: 201, want: `[{"id":7,"text":"x","state":"open"}]`,
	},
	{
		name: "put a row in sight by its path", covers: []string{"PUT /{table}/{id} root"}, as: asAri,
		method: http.MethodPut, target: "/notes/" + anaShared, body: `{"slug":"ana-shared","title":"taken","status":"shared"}`, status: 409, want: "23505",
	},
	{
		name: "put a row out of sight by its path", covers: []string{"PUT /{table}/{id} root"}, as: asAri,
		method: http.MethodPut, target: "/notes/" + anaDraft, body: `{"slug":"ana-draft","title":"taken","status":"shared"}`, status: 409, want: "23505",
	},
	{
		name: "put a row and return all columns", covers: []string{"PUT /{table}/{id} returned rows"}, as: asAri, prefer: represented,
		method: http.MethodPut, target: "/suggestions/7", body: `{"text":"x","state":"open"}`, status: 201, want: `{"id":7,"text":"x","state":"open"}`,
	},

	// Updates.
	{
		name: "update by filter", covers: []string{"PATCH /{table} root", "PATCH /{table} count"}, as: asAri, prefer: counted,
		method: http.MethodPatch, target: "/notes?slug=like.*-draft", body: `{"title":"new"}`, status: 204, within: "0-0/1",
	},
	{
		name: "update in sight of another", covers: []string{"PATCH /{table} root"}, as: asAri, prefer: counted,
		method: http.MethodPatch, target: "/notes?id=eq." + anaShared, body: `{"title":"new"}`, status: 204, within: "*/0",
	},
	{
		name: "update to what only admins may", as: asAri,
		method: http.MethodPatch, target: "/notes?id=eq." + ariDraft, body: `{"status":"official"}`, status: 403, want: "42501",
	},
	{
		name: "update with a foreign key out of sight", as: asAri,
		method: http.MethodPatch, target: "/notes?id=eq." + ariDraft, body: `{"project_id":"` + anaProject + `"}`, status: 409, want: "23503",
	},
	{
		name: "update out of sight", covers: []string{"PATCH /{table} returned rows"}, as: asAri, prefer: represented,
		method: http.MethodPatch, target: "/suggestions?id=eq.1", body: `{"state":"closed"}`, status: 200, want: `[]`,
	},
	{
		name: "update and return all columns", covers: []string{"PATCH /{table} returned rows"}, as: asAri, prefer: represented,
		method: http.MethodPatch, target: "/suggestions?id=eq.1", body: `{"text":"new"}`, status: 200, want: `[{"id":1,"text":"new","state":"open"}]`,
	},
	{name: "update by a hidden column", as: asAri, method: http.MethodPatch, target: "/notes?secret_note=like.*", body: `{"title":"new"}`, status: 400, want: "42703"},
	{name: "update without a filter", as: asAri, method: http.MethodPatch, target: "/notes", body: `{"title":"new"}`, status: 400, want: "21000"},
	{
		name: "update by nobody", as: asAnon, prefer: counted,
		method: http.MethodPatch, target: "/tags?id=eq.1", body: `{"name":"new"}`, status: 401, want: "42501",
	},
	{
		name: "update by nobody with relations", as: asAnon, prefer: represented,
		method: http.MethodPatch, target: "/tags?id=eq.1&select=name,notes(slug)", body: `{"name":"new"}`, status: 401, want: "42501",
	},
	{
		name: "update of no row in an order", as: asAri, prefer: represented,
		method: http.MethodPatch, target: "/notes?id=eq." + nobodys + "&select=slug&order=slug", body: `{"title":"new"}`, status: 200, want: `[]`,
	},
	{
		name: "update a row in sight of another", covers: []string{"PATCH /{table}/{id} root"}, as: asAri,
		method: http.MethodPatch, target: "/notes/" + anaShared, body: `{"title":"new"}`, status: 403, want: "42501",
	},
	{
		name: "update a row out of sight", covers: []string{"PATCH /{table}/{id} root"}, as: asAri,
		method: http.MethodPatch, target: "/notes/" + anaDraft, body: `{"title":"new"}`, status: 404, want: "PL404",
	},
	{
		name: "update a row and return all columns", covers: []string{"PATCH /{table}/{id} returned rows"}, as: asAri, prefer: represented,
		method: http.MethodPatch, target: "/suggestions/1", body: `{"text":"new"}`, status: 200, want: `{"id":1,"text":"new","state":"open"}`,
	},
	{
		name: "update a row with a foreign key out of sight", as: asAri,
		method: http.MethodPatch, target: "/notes/" + ariDraft, body: `{"project_id":"` + anaProject + `"}`, status: 409, want: "23503",
	},

	// Restores: {"deleted_at":null} alone.
	{
		name: "restore", covers: []string{"PATCH /{table}/{id} root", "PATCH /{table}/{id} returned rows"}, as: asAdmin, prefer: represented,
		method: http.MethodPatch, target: "/notes/" + anaDeleted + "?select=slug", body: `{"deleted_at":null}`, status: 200, want: `{"slug":"ana-deleted"}`,
	},
	{
		name: "restore by a filter", covers: []string{"PATCH /{table} root"}, as: asAdmin, prefer: represented,
		method: http.MethodPatch, target: "/notes?select=slug&slug=neq.x", body: `{"deleted_at":null}`, status: 200, want: `[{"slug":"ana-deleted"}]`,
	},
	{
		name: "restore what only admins may", as: asAna,
		method: http.MethodPatch, target: "/notes/" + anaDeleted, body: `{"deleted_at":null}`, status: 400, want: "PGRST204",
	},
	{
		name: "restore in another tenant", as: asAdmin,
		method: http.MethodPatch, target: "/notes/" + beaDraft, body: `{"deleted_at":null}`, status: 404, want: "PL404",
	},

	// Deletes.
	{
		name: "delete by filter", covers: []string{"DELETE /{table} root", "DELETE /{table} count"}, as: asAri, prefer: counted,
		method: http.MethodDelete, target: "/notes?slug=like.*-draft", status: 204, within: "*/1",
	},
	{
		name: "delete what has no related row in sight", covers: []string{"DELETE /{table} junction"}, as: asAri, prefer: counted,
		method: http.MethodDelete, target: "/notes?select=slug,tags()&tags=is.null&tags.name=eq.green", status: 204, within: "*/1",
	},
	{
		name: "delete in sight of another", covers: []string{"DELETE /{table} root"}, as: asAri, prefer: counted,
		method: http.MethodDelete, target: "/notes?id=eq." + anaShared, status: 204, within: "*/0",
	},
	{
		name: "delete and return all columns", covers: []string{"DELETE /{table} returned rows"}, as: asAri, prefer: represented,
		method: http.MethodDelete, target: "/suggestions?text=like.*", status: 200, want: `[{"id":1,"text":"more tests","state":"open"}]`,
	},
	{name: "delete by nobody", as: asAnon, method: http.MethodDelete, target: "/tags?id=eq.1", status: 401, want: "42501"},
	{name: "delete by a member", as: asAri, method: http.MethodDelete, target: "/news?code=eq.open", status: 403, want: "42501"},
	{
		name: "delete in an order", as: asAri, prefer: represented,
		method: http.MethodDelete, target: "/note_tags?tag_id=in.(1,2)&select=tag_id,tag(name),note(slug)&order=tag_id.desc", status: 200,
		want: `[{"tag_id":2,"tag":{"name":"blue"},"note":{"slug":"ari-shared"}},{"tag_id":1,"tag":{"name":"red"},"note":{"slug":"ari-shared"}}]`,
	},
	{name: "delete without a filter", as: asAri, method: http.MethodDelete, target: "/notes", status: 400, want: "21000"},
	{
		name: "delete a row in sight of another", covers: []string{"DELETE /{table}/{id} root"}, as: asAri,
		method: http.MethodDelete, target: "/notes/" + anaShared, status: 403, want: "42501",
	},
	{
		name: "delete a row out of sight", covers: []string{"DELETE /{table}/{id} root"}, as: asAri,
		method: http.MethodDelete, target: "/notes/" + anaDraft, status: 404, want: "PL404",
	},
	{
		name: "delete a row and return all columns", covers: []string{"DELETE /{table}/{id} returned rows"}, as: asAri, prefer: represented,
		method: http.MethodDelete, target: "/suggestions/1", status: 200, want: `{"id":1,"text":"more tests","state":"open"}`,
	},
}
