package gate_test

import (
	"slices"

	"github.com/seed-7694ebf6/plinth/auth"
)

// The oracle: the rules of the fixture once more, over the rows as they are
// written down, without a line of the code under test.

// sees reports whether a caller may read a row.
func sees(p auth.Principal, table string, r row) bool {
	admin := slices.Contains(p.Roles, "admin")
	if t, has := r["tenant_id"]; has && (p.Tenant == "" || t != p.Tenant) || r["deleted_at"] != nil {
		return false
	}
	if p.Kind == auth.Service {
		return table == "users" || table == "tags"
	}
	switch table {
	case "users":
		return r["id"] == p.ID || r["listed"] == true || admin
	case "projects":
		return admin || slices.ContainsFunc(rowsOf("memberships"), func(m row) bool { return m["project_id"] == r["id"] && m["user_id"] == p.ID })
	case "notes":
		return admin || r["owner_id"] == p.ID || r["status"] == "shared"
	case "note_tags":
		return r["private"] == false || r["added_by"] == p.ID
	case "news":
		return admin || r["published"] == true
	case "suggestions":
		return admin || r["state"] == "open"
	case "tags":
		return true
	}
	return false
}

// changes reports whether a caller may update and delete a note.
func changes(p auth.Principal, note row) bool {
	return sees(p, "notes", note) && (note["owner_id"] == p.ID || slices.Contains(p.Roles, "admin"))
}

// readable returns the rows a caller may read, in key order.
func readable(p auth.Principal, table string) []row {
	var rows []row
	for _, r := range rowsOf(table) {
		if sees(p, table, r) {
			rows = append(rows, r)
		}
	}
	return rows
}

// columnsFor lists the columns of a table that a caller may know.
func columnsFor(p auth.Principal, table string) []string {
	admin := slices.Contains(p.Roles, "admin") && p.Kind == auth.User
	var known []string
	for name := range rowsOf(table)[0] {
		switch name {
		case "tenant_id", "deleted_at", "secret_note", "reviewer_id", "email", "password_hash", "sender":
			continue
		case "margin", "budget", "memo":
			if !admin {
				continue
			}
		}
		known = append(known, name)
	}
	return known
}

// values returns one column of rows.
func values(rows []row, column string) []any {
	list := make([]any, len(rows))
	for i, r := range rows {
		list[i] = r[column]
	}
	return list
}

// relation says how the oracle finds related rows.
type relation struct {
	target string
	many   bool
	find   func(p auth.Principal, r row) []row
}

// relations lists every relation of an exposed table to another one.
var relations = map[string]map[string]relation{
	"notes": {
		"owner":   {"users", false, by("users", "id", "owner_id")},
		"project": {"projects", false, by("projects", "id", "project_id")},
		"tags":    {"tags", true, through("note_id", "tag_id", "tags")},
	},
	"projects": {
		"lead":  {"users", false, by("users", "id", "lead_id")},
		"notes": {"notes", true, by("notes", "project_id", "id")},
	},
	"tags":      {"notes": {"notes", true, through("tag_id", "note_id", "notes")}},
	"note_tags": {"note": {"notes", false, by("notes", "id", "note_id")}, "tag": {"tags", false, by("tags", "id", "tag_id")}},
}

// by finds the readable rows of a table whose column equals another of the row.
func by(table, column, from string) func(auth.Principal, row) []row {
	return func(p auth.Principal, r row) []row {
		var found []row
		for _, candidate := range readable(p, table) {
			if candidate[column] == r[from] {
				found = append(found, candidate)
			}
		}
		return found
	}
}

// through finds the readable rows behind readable rows of the junction.
func through(from, to, table string) func(auth.Principal, row) []row {
	return func(p auth.Principal, r row) []row {
		var found []row
		for _, candidate := range readable(p, table) {
			if slices.ContainsFunc(readable(p, "note_tags"), func(j row) bool { return j[from] == r["id"] && j[to] == candidate["id"] }) {
				found = append(found, candidate)
			}
		}
		return found
	}
}
