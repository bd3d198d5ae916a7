package api_test

import (
	"net/http"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// team is read by everybody and changed by editors.
type team struct {
	bun.BaseModel `bun:"table:teams"`
	ID            int64      `bun:",pk,autoincrement"`
	Name          string     `bun:",notnull,unique"`
	Projects      []*project `bun:"rel:has-many,join:id=team_id"`
}

// project belongs to an owner and a tenant and has columns of every mode.
type project struct {
	bun.BaseModel `bun:"table:projects"`
	store.Model
	store.Tenant
	OwnerID  store.ID `bun:",notnull,type:uuid"`
	TeamID   *int64
	Title    string         `bun:",notnull"                              validate:"required"`
	Budget   int64          `bun:",notnull"`
	Code     string         `bun:",notnull,unique"                       plinth:"createonly"`
	State    string         `bun:",notnull,default:'open'"               plinth:"readonly"`
	Internal string         `bun:",notnull"                              plinth:"hidden"`
	Token    string         `bun:",notnull"                              plinth:"secret"`
	Team     *team          `bun:"rel:belongs-to,join:team_id=id"`
	Tasks    []*task        `bun:"rel:has-many,join:id=project_id"`
	Labels   []*label       `bun:"m2m:project_labels,join:Project=Label"`
	Members  []*projectUser `bun:"rel:has-many,join:id=project_id"`
}

// task is soft-deleted and seen by who sees its project.
type task struct {
	bun.BaseModel `bun:"table:tasks"`
	store.Model
	store.SoftDelete
	ProjectID store.ID `bun:",notnull,type:uuid"`
	Title     string   `bun:",notnull"`
	Done      bool     `bun:",notnull"`
	Points    *int64
	Project   *project `bun:"rel:belongs-to,join:project_id=id"`
}

// label has a text key, no version and no log.
type label struct {
	bun.BaseModel `bun:"table:labels"`
	store.Untracked
	ID   string `bun:",pk"`
	Text string `bun:",notnull"`
}

// projectLabel is the junction, with a composite key.
type projectLabel struct {
	bun.BaseModel `bun:"table:project_labels"`
	ProjectID     store.ID `bun:",pk,type:uuid"`
	LabelID       string   `bun:",pk"`
	Project       *project `bun:"rel:belongs-to,join:project_id=id"`
	Label         *label   `bun:"rel:belongs-to,join:label_id=id"`
}

// projectUser makes somebody a member of a project; it is not exposed.
type projectUser struct {
	bun.BaseModel `bun:"table:project_users"`
	ProjectID     store.ID `bun:",pk,type:uuid"`
	UserID        store.ID `bun:",pk,type:uuid"`
}

// The rows of the fixture.
const (
	pAlpha = "01900000-0000-7000-8000-00000000000a" // ann's, bob is a member
	pBeta  = "01900000-0000-7000-8000-00000000000b" // ann's
	pGamma = "01900000-0000-7000-8000-00000000000c" // bob's
	pOther = "01900000-0000-7000-8000-00000000000d" // ann's, of another tenant

	tOne   = "01900000-0000-7000-8000-000000000001" // alpha, 3 points
	tTwo   = "01900000-0000-7000-8000-000000000002" // alpha, done
	tThree = "01900000-0000-7000-8000-000000000003" // gamma
	tGone  = "01900000-0000-7000-8000-000000000004" // alpha, deleted
)

// fixture returns the resources: owner, tenant, membership, junction, hidden,
// secret and soft-deleted parts.
func fixture() []api.Exposed {
	mine := api.AnyOf(api.Owner("owner_id"), api.Related("members", api.Owner("user_id")))
	throughProject := api.Related("project", mine)
	editor := api.Role("editor")
	return []api.Exposed{
		api.Resource[team]{Policy: api.Policy{
			Read: api.Anyone(), Create: editor, Update: editor, Delete: editor, ServiceBypass: true,
		}},
		api.Resource[project]{Policy: api.Policy{
			Read: mine, Create: api.SignedIn(), Update: api.Owner("owner_id"), Delete: api.Owner("owner_id"),
			Preset: map[string]any{"owner_id": store.Var("principal.id")},
			Columns: map[string]api.ColumnRule{
				"budget": {Read: editor, Create: editor, Update: editor},
			},
		}},
		api.Resource[task]{Policy: api.Policy{
			Read: throughProject, Create: throughProject, Update: throughProject, Delete: throughProject, Restore: throughProject,
		}},
		api.Resource[label]{Policy: api.Policy{Read: api.SignedIn(), Create: editor, Update: editor, Delete: editor}},
		api.Resource[projectLabel]{Policy: api.Policy{Read: throughProject, Create: throughProject, Delete: throughProject}},
	}
}

// fixtureServer serves the fixture with its rows.
func fixtureServer(t testing.TB, db *store.DB, cfg api.Config, more ...api.Exposed) http.Handler {
	t.Helper()
	if err := db.Register(projectUser{}); err != nil {
		t.Fatal(err)
	}
	h := serve(t, db, cfg, append(fixture(), more...)...)
	red, blue := int64(1), int64(2)
	three := int64(3)
	put(t, db, "acme",
		&team{Name: "red"}, &team{Name: "blue"},
		&project{Model: model(t, pAlpha), OwnerID: ann, TeamID: &red, Title: "Alpha", Budget: 100, Code: "a", Internal: "i-alpha", Token: "t-alpha"},
		&project{Model: model(t, pBeta), OwnerID: ann, Title: "Beta", Budget: 50, Code: "b", Internal: "i-beta", Token: "t-beta"},
		&project{Model: model(t, pGamma), OwnerID: bob, TeamID: &blue, Title: "Gamma", Budget: 70, Code: "c", Internal: "i-gamma", Token: "t-gamma"},
		&projectUser{ProjectID: id(t, pAlpha), UserID: bob},
		&task{Model: model(t, tOne), ProjectID: id(t, pAlpha), Title: "one", Points: &three},
		&task{Model: model(t, tTwo), ProjectID: id(t, pAlpha), Title: "two", Done: true},
		&task{Model: model(t, tThree), ProjectID: id(t, pGamma), Title: "three"},
		&task{Model: model(t, tGone), ProjectID: id(t, pAlpha), Title: "gone"},
		&label{ID: "hot", Text: "Hot"}, &label{ID: "old", Text: "Old"},
		&projectLabel{ProjectID: id(t, pAlpha), LabelID: "hot"},
		&projectLabel{ProjectID: id(t, pGamma), LabelID: "hot"},
		&projectLabel{ProjectID: id(t, pGamma), LabelID: "old"},
	)
	put(t, db, "other", &project{Model: model(t, pOther), OwnerID: ann, Title: "Other", Code: "d"})
	if err := store.For[task](db).Delete(t.Context(), id(t, tGone)); err != nil {
		t.Fatal(err)
	}
	return h
}

// put inserts rows as trusted code.
func put(t testing.TB, db *store.DB, tenant string, rows ...any) {
	t.Helper()
	ctx := store.WithTenant(t.Context(), tenant)
	for _, row := range rows {
		var err error
		switch row := row.(type) {
		case *team:
			err = store.For[team](db).Insert(ctx, row)
		case *project:
			err = store.For[project](db).Insert(ctx, row)
		case *task:
			err = store.For[task](db).Insert(ctx, row)
		case *label:
			err = store.For[label](db).Insert(ctx, row)
		case *projectLabel:
			err = store.For[projectLabel](db).Insert(ctx, row)
		case *projectUser:
			err = store.For[projectUser](db).Insert(ctx, row)
		default:
			t.Fatalf("put %T", row)
		}
		if err != nil {
			t.Fatalf("put %+v: %v", row, err)
		}
	}
}

func id(t testing.TB, s string) store.ID {
	t.Helper()
	v, err := store.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func model(t testing.TB, s string) store.Model {
	t.Helper()
	return store.Model{ID: id(t, s)}
}
