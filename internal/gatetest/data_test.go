package gatetest_test

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
)

// Tenants.
const (
	tenant1 = "t1"
	tenant2 = "t2"
)

// Keys. Ana and Ari are of the first tenant, Bea is of the second.
const (
	ana  = "00000000-0000-7000-8000-0000000000a1"
	ari  = "00000000-0000-7000-8000-0000000000a2"
	bea  = "00000000-0000-7000-8000-0000000000b1"
	root = "00000000-0000-7000-8000-0000000000f1"

	anaProject  = "00000000-0000-7000-8000-0000000001a1"
	ariProject  = "00000000-0000-7000-8000-0000000001a2"
	bothProject = "00000000-0000-7000-8000-0000000001a3"
	beaProject  = "00000000-0000-7000-8000-0000000001b1"

	anaDraft   = "00000000-0000-7000-8000-0000000002a1"
	anaShared  = "00000000-0000-7000-8000-0000000002a2"
	ariDraft   = "00000000-0000-7000-8000-0000000002a3"
	ariShared  = "00000000-0000-7000-8000-0000000002a4"
	anaDeleted = "00000000-0000-7000-8000-0000000002a5"
	beaDraft   = "00000000-0000-7000-8000-0000000002b1"
	beaShared  = "00000000-0000-7000-8000-0000000002b2"

	nobodys = "00000000-0000-7000-8000-00000000ffff" // of no row
)

// Callers.
var (
	asAnon    = auth.Principal{}
	asAna     = inTenant(authtest.User(ana), tenant1)
	asAri     = inTenant(authtest.User(ari), tenant1)
	asBea     = inTenant(authtest.User(bea), tenant2)
	asAdmin   = inTenant(authtest.User(root, "admin"), tenant1)
	asService = auth.Principal{Kind: auth.Service, ID: "batch", Tenant: tenant1}
)

func inTenant(p auth.Principal, tenant string) auth.Principal {
	p.Tenant = tenant
	return p
}

// table is the rows of a table as the tests find them.
type table struct {
	name    string
	columns string
	rows    []string // values in SQL, alike on both engines
}

// stamp is when all rows were made.
const stamp = "'2026-01-02T03:04:05.000006+00:00'"

// tables is all data, in an order in which it can be inserted.
var tables = []table{
	{"users", "id, created_at, updated_at, version, name, role, email_verified, listed, email, password_hash", []string{
		user(ana, "ana", "member", false), user(ari, "ari", "member", false),
		user(bea, "bea", "member", false), user(root, "root", "admin", true),
	}},
	{"projects", "id, created_at, updated_at, version, tenant_id, name, budget, lead_id", []string{
		project(anaProject, tenant1, "ana's project", 100, ana), project(ariProject, tenant1, "ari's project", 200, ari),
		project(bothProject, tenant1, "our project", 300, ana), project(beaProject, tenant2, "bea's project", 400, bea),
	}},
	{"memberships", "project_id, user_id", []string{
		quoted(anaProject, ana), quoted(ariProject, ari), quoted(bothProject, ana), quoted(bothProject, ari), quoted(beaProject, bea),
	}},
	{"notes", "id, created_at, updated_at, version, deleted_at, tenant_id, owner_id, project_id, slug, title, body, status, amount, rate, due, margin, secret_note", []string{
		note(anaDraft, tenant1, ana, bothProject, "ana-draft", "draft", 10), note(anaShared, tenant1, ana, bothProject, "ana-shared", "shared", 20),
		note(ariDraft, tenant1, ari, ariProject, "ari-draft", "draft", 30), note(ariShared, tenant1, ari, bothProject, "ari-shared", "shared", 40),
		deletedNote(anaDeleted, tenant1, ana, anaProject, "ana-deleted", "shared", 50),
		note(beaDraft, tenant2, bea, beaProject, "bea-draft", "draft", 60), note(beaShared, tenant2, bea, beaProject, "bea-shared", "shared", 70),
	}},
	{"tags", "id, name", []string{"1, 'red'", "2, 'blue'", "3, 'green'"}},
	{"note_tags", "note_id, tag_id, private, added_by", []string{
		noteTag(anaDraft, 1, false, ana), noteTag(anaShared, 1, false, ana), noteTag(anaShared, 2, true, ana),
		noteTag(ariShared, 1, false, ari), noteTag(ariShared, 2, true, ari), noteTag(ariShared, 3, true, ana), noteTag(ariDraft, 3, false, ari),
		noteTag(beaShared, 1, false, bea),
	}},
	{"news", "code, text, published", []string{"'open', 'all may read this', true", "'sealed', 'nobody may read this', false"}},
	{"suggestions", "id, text, state, sender", []string{"1, 'more tests', 'open', '192.0.2.7'", "2, 'fewer tests', 'closed', '192.0.2.8'"}},
	{"stock", `id, "left"`, []string{"1, 10"}},
}

func quoted(a, b string) string { return "'" + a + "', '" + b + "'" }

func user(id, name, role string, listed bool) string {
	return fmt.Sprintf("'%s', %s, %s, 1, '%s', '%s', true, %t, '%s@example.org', 'hash-of-%s'", id, stamp, stamp, name, role, listed, name, name)
}

func project(id, tenant, name string, budget int, lead string) string {
	return fmt.Sprintf("'%s', %s, %s, 1, '%s', '%s', %d, '%s'", id, stamp, stamp, tenant, sqlText(name), budget, lead)
}

func note(id, tenant, owner, project, slug, status string, amount int) string {
	return noteRow(id, "null", tenant, owner, project, slug, status, amount)
}

func deletedNote(id, tenant, owner, project, slug, status string, amount int) string {
	return noteRow(id, stamp, tenant, owner, project, slug, status, amount)
}

// noteRow gives titles that sort as the keys do, and bodies, rates and dates to
// some rows only.
func noteRow(id, deleted, tenant, owner, project, slug, status string, amount int) string {
	body, rate, due := "null", "null", "null"
	if amount%20 == 0 {
		body, rate, due = "'body of "+slug+"'", fmt.Sprintf("%d.5", amount), stamp
	}
	return fmt.Sprintf("'%s', %s, %s, 1, %s, '%s', '%s', '%s', '%s', 'title of %s', %s, '%s', %d, %s, %s, %d, 'secret of %s'",
		id, stamp, stamp, deleted, tenant, owner, project, slug, slug, body, status, amount, rate, due, amount*100, slug)
}

func noteTag(note string, tag int, private bool, by string) string {
	return fmt.Sprintf("'%s', %d, %t, '%s'", note, tag, private, by)
}

func sqlText(s string) string {
	out := ""
	for _, r := range s {
		if r == '\'' {
			out += "'"
		}
		out += string(r)
	}
	return out
}
