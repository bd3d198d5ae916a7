package gate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

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

// row is a row as the tests know it: values by column.
type row map[string]any

// table is the rows of a table as the tests find them.
type table struct {
	name string
	rows []row
}

// stamp is when all rows were made.
const stamp = "2026-01-02T03:04:05.000006+00:00"

// tables is all data, in an order in which it can be inserted.
var tables = []table{
	{"users", []row{
		user(ana, "ana", "member", false), user(ari, "ari", "member", false),
		user(bea, "bea", "member", false), user(root, "root", "admin", true),
	}},
	{"projects", []row{
		project(anaProject, tenant1, "ana's project", 100, ana), project(ariProject, tenant1, "ari's project", 200, ari),
		project(bothProject, tenant1, "our project", 300, ana), project(beaProject, tenant2, "bea's project", 400, bea),
	}},
	{"memberships", []row{
		{"project_id": anaProject, "user_id": ana},
		{"project_id": ariProject, "user_id": ari},
		{"project_id": bothProject, "user_id": ana},
		{"project_id": bothProject, "user_id": ari},
		{"project_id": beaProject, "user_id": bea},
	}},
	{"notes", []row{
		note(anaDraft, tenant1, ana, bothProject, "ana-draft", "draft", 10, nil), note(anaShared, tenant1, ana, bothProject, "ana-shared", "shared", 20, nil),
		note(ariDraft, tenant1, ari, ariProject, "ari-draft", "draft", 30, nil), note(ariShared, tenant1, ari, bothProject, "ari-shared", "shared", 40, nil),
		note(anaDeleted, tenant1, ana, anaProject, "ana-deleted", "shared", 50, stamp),
		note(beaDraft, tenant2, bea, beaProject, "bea-draft", "draft", 60, nil), note(beaShared, tenant2, bea, beaProject, "bea-shared", "shared", 70, nil),
	}},
	{"tags", []row{{"id": 1, "name": "red"}, {"id": 2, "name": "blue"}, {"id": 3, "name": "green"}}},
	{"note_tags", []row{
		noteTag(anaDraft, 1, false, ana), noteTag(anaShared, 1, false, ana), noteTag(anaShared, 2, true, ana),
		noteTag(ariDraft, 3, false, ari), noteTag(ariShared, 1, false, ari), noteTag(ariShared, 2, true, ari), noteTag(ariShared, 3, true, ana),
		noteTag(beaShared, 1, false, bea),
	}},
	{"news", []row{
		{"code": "open", "text": "all may read this", "published": true}, {"code": "sealed", "text": "nobody may read this", "published": false},
	}},
	{"suggestions", []row{
		{"id": 1, "text": "more tests", "state": "open", "sender": "192.0.2.7"}, {"id": 2, "text": "fewer tests", "state": "closed", "sender": "192.0.2.8"},
	}},
	{"stock", []row{{"id": 1, "left": 10}}},
}

func user(id, name, role string, listed bool) row {
	return row{
		"id": id, "created_at": stamp, "updated_at": stamp, "version": 1, "name": name, "role": role,
		"email_verified": true, "listed": listed, "email": name + "@example.org", "password_hash": "hash-of-" + name,
	}
}

func project(id, tenant, name string, budget int, lead string) row {
	return row{
		"id": id, "created_at": stamp, "updated_at": stamp, "version": 1, "tenant_id": tenant,
		"name": name, "budget": budget, "memo": "memo of " + name, "lead_id": lead,
	}
}

// note gives bodies, rates and dates to some rows only.
func note(id, tenant, owner, project, slug, status string, amount int, deleted any) row {
	n := row{
		"id": id, "created_at": stamp, "updated_at": stamp, "version": 1, "deleted_at": deleted, "tenant_id": tenant,
		"owner_id": owner, "project_id": project, "slug": slug, "title": "title of " + slug, "body": nil, "status": status,
		"amount": amount, "rate": nil, "due": nil, "margin": amount * 100, "secret_note": "secret of " + slug, "reviewer_id": bea,
	}
	if amount%20 == 0 {
		n["body"], n["rate"], n["due"] = "body of "+slug, float64(amount)+0.5, stamp
	}
	return n
}

func noteTag(note string, tag int, private bool, by string) row {
	return row{"note_id": note, "tag_id": tag, "private": private, "added_by": by}
}

// insert returns the statement that inserts all rows, alike on both engines.
func (t table) insert() string {
	columns := slices.Sorted(maps.Keys(t.rows[0]))
	var rows []string
	for _, r := range t.rows {
		var values []string
		for _, c := range columns {
			values = append(values, literal(r[c]))
		}
		rows = append(rows, "("+strings.Join(values, ", ")+")")
	}
	return "insert into " + t.name + ` ("` + strings.Join(columns, `", "`) + `") values ` + strings.Join(rows, ", ")
}

func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	}
	return fmt.Sprint(v)
}

// rowsOf returns the rows of a table.
func rowsOf(name string) []row {
	i := slices.IndexFunc(tables, func(t table) bool { return t.name == name })
	return tables[i].rows
}
