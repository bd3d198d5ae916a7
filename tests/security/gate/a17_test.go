package gate_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestA17UpsertOfForeignRows: an upsert of a row the caller may not change changes nothing
// and says no more than that the key is taken, which it says of every such row
// alike.
func TestA17UpsertOfForeignRows(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		bodies := map[string]string{
			"id":           `{"id":"%[1]s","slug":"fresh","title":"taken","status":"shared"}`,
			"id_and_slug":  `{"id":"%[1]s","slug":"%[2]s","title":"taken","status":"shared"}`,
			"slug":         `{"slug":"%[2]s","title":"taken","status":"shared"}`,
			"among_others": `[{"slug":"fresh","title":"x","status":"draft"},{"slug":"%[2]s","title":"taken","status":"draft"}]`,
		}
		for name, body := range bodies {
			for _, conflict := range []string{"", "&on_conflict=id", "&on_conflict=slug"} {
				for _, prefer := range []string{merging, ignoring, "resolution=merge-duplicates", "resolution=ignore-duplicates"} {
					f.upsertForeign(t, name, body, conflict, prefer)
				}
			}
		}
	})
}

func (f *fixture) upsertForeign(t *testing.T, name, body, conflict, prefer string) {
	t.Helper()
	answers := map[string]string{}
	for _, target := range rowsOf("notes") {
		id, slug := target["id"].(string), target["slug"].(string)
		if target["owner_id"] == ana || target["deleted_at"] != nil && strings.Contains(name, "slug") {
			continue
		}
		a := ask{method: http.MethodPost, target: "/notes?select=*" + conflict, body: fmt.Sprintf(body, id, slug), prefer: prefer}
		before := f.rows(t, "select * from notes where owner_id <> '"+ana+"'")
		got := f.do(t, asAna, a)
		if after := f.rows(t, "select * from notes where owner_id <> '"+ana+"'"); after != before {
			t.Errorf("%s has changed rows of others:\n%s", a, changed(before, after))
		}
		f.reset(t)
		if got.Status != http.StatusConflict && !strings.HasPrefix(prefer, "return=representation,resolution=ignore") && !strings.Contains(prefer, "ignore") {
			t.Errorf("%s: status %d, want 409: %s", a, got.Status, got.Body)
		}
		if strings.Contains(got.Body, "secret of") || strings.Contains(got.Body, "title of") || strings.Contains(got.Body, target["owner_id"].(string)) {
			t.Errorf("%s shows the row of another: %s", a, got.Body)
		}
		if !strings.Contains(prefer, "ignore") {
			answers[fmt.Sprintln(got.Status, strings.ReplaceAll(strings.ReplaceAll(got.Body, id, "ID"), slug, "SLUG"))] += " " + slug
		}
	}
	if len(answers) > 1 {
		t.Errorf("upsert %s%s (%s) tells rows apart: %v", name, conflict, prefer, answers)
	}
}

// TestA18ForeignKeysAndOwners: a row cannot be made for others, given to others or hung onto
// what belongs to others; one such row undoes its whole batch.
func TestA18ForeignKeysAndOwners(t *testing.T) {
	t.Parallel()
	foreign := []string{
		`"tenant_id":"t2"`, `"tenant_id":"t1"`, `"owner_id":"` + bea + `"`, `"owner_id":"` + ari + `"`, `"owner_id":"` + nobodys + `"`,
		`"owner_id":null`, `"project_id":"` + beaProject + `"`, `"project_id":"` + ariProject + `"`, `"project_id":"` + nobodys + `"`,
		`"deleted_at":null`, `"secret_note":"x"`, `"margin":5`,
	}
	engines(t, func(t *testing.T, f *fixture) {
		for _, member := range foreign {
			good := `{"slug":"fresh-%d","title":"x","status":"draft"%s}`
			var batch []string
			for i := range 9 {
				more := ""
				if i == 7 {
					more = "," + member
				}
				batch = append(batch, fmt.Sprintf(good, i, more))
			}
			listed := "[" + strings.Join(batch, ",") + "]"
			columns := "?columns=slug,title,status," + member[1:strings.Index(member, `":`)]
			for _, a := range []ask{
				{method: http.MethodPost, target: "/notes", body: fmt.Sprintf(good, 0, ","+member)},
				{method: http.MethodPost, target: "/notes", body: fmt.Sprintf(good, 0, ","+member), prefer: represented},
				{method: http.MethodPost, target: "/notes" + columns, body: listed},
				{method: http.MethodPost, target: "/notes" + columns, body: listed, prefer: "missing=default," + represented},
				{method: http.MethodPost, target: "/notes" + columns, body: listed, prefer: merging},
				{method: http.MethodPatch, target: "/notes?id=eq." + anaDraft, body: "{" + member + "}"},
				{method: http.MethodPatch, target: "/notes?id=not.is.null", body: "{" + member + "}", prefer: represented},
				{method: http.MethodPatch, target: "/notes?id=not.is.null&select=slug,owner(name)", body: "{" + member + "}", prefer: represented},
				{method: http.MethodPatch, target: "/notes/" + anaDraft, body: "{" + member + "}"},
			} {
				f.untouched(t, a.String(), func() {
					got := f.do(t, asAna, a)
					switch got.Status {
					case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict:
					default:
						t.Errorf("%s: status %d: %s", a, got.Status, got.Body)
					}
				})
			}
		}
	})
}

// TestA18HiddenTargetIsMissingTarget: a foreign key to a row that is hidden is answered like
// one to a row that does not exist.
func TestA18HiddenTargetIsMissingTarget(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		for _, hidden := range []string{beaProject, ariProject} {
			requests := func(id string) []ask {
				return []ask{
					{method: http.MethodPost, target: "/notes", body: `{"slug":"fresh","title":"x","status":"draft","project_id":"` + id + `"}`},
					{method: http.MethodPost, target: "/notes?on_conflict=slug", body: `{"slug":"ana-draft","title":"x","status":"draft","project_id":"` + id + `"}`, prefer: merging},
					{method: http.MethodPatch, target: "/notes?id=eq." + anaDraft, body: `{"project_id":"` + id + `"}`},
					{method: http.MethodPatch, target: "/notes/" + anaDraft, body: `{"project_id":"` + id + `"}`, prefer: represented},
				}
			}
			unknown := requests(nobodys)
			for i, a := range requests(hidden) {
				f.untouched(t, a.String(), func() {
					alike(t, a, f.do(t, asAna, a), f.do(t, asAna, unknown[i]), hidden, nobodys)
				})
			}
		}
		for _, hidden := range []string{ariDraft, beaShared, anaDeleted} {
			// Not to be ignored: the line in the junction itself may be read.
			for _, prefer := range []string{"", represented, merging} {
				tag := func(id string) ask {
					return ask{method: http.MethodPost, target: "/note_tags", body: `{"note_id":"` + id + `","tag_id":3,"private":false}`, prefer: prefer}
				}
				f.untouched(t, "a tag on a hidden note", func() {
					alike(t, tag(hidden), f.do(t, asAna, tag(hidden)), f.do(t, asAna, tag(nobodys)), hidden, nobodys)
				})
			}
		}
	})
}
