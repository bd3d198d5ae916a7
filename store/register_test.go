package store_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Folder is referred to by tables that are known later.
type Folder struct {
	bun.BaseModel `bun:"table:folders"`
	store.Untracked
	ID int64 `bun:",pk"`
}

// Paper goes with its folder.
type Paper struct {
	bun.BaseModel `bun:"table:papers"`
	store.Untracked
	ID       int64   `bun:",pk"`
	FolderID int64   `bun:",notnull"`
	Folder   *Folder `bun:"rel:belongs-to,join:folder_id=id,on_delete:CASCADE"`
}

// Clip goes with its folder too, and is registered together with what cannot be.
type Clip struct {
	bun.BaseModel `bun:"table:clips"`
	ID            int64   `bun:",pk"`
	FolderID      int64   `bun:",notnull"`
	Folder        *Folder `bun:"rel:belongs-to,join:folder_id=id,on_delete:CASCADE"`
}

// Misfit is no model: what it is joined by does not fit.
type Misfit struct {
	bun.BaseModel `bun:"table:misfits"`
	ID            int64   `bun:",pk"`
	Name          string  `bun:",notnull"`
	Folder        *Folder `bun:"rel:belongs-to,join:name=id"`
}

// A table that is registered on its first use, while others are written, is known to
// the next delete of what it refers to; one that cannot be registered never is.
func TestRegisteringBesideWrites(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		if _, err := db.Bun().ExecContext(ctx, "create table papers (id bigint primary key, folder_id bigint not null references folders (id))"); err != nil {
			t.Fatal(err)
		}
		if err := db.Register(Clip{}, Misfit{}); err == nil || !strings.Contains(err.Error(), "Misfit.Folder") {
			t.Fatalf("a model that cannot be was registered: %v", err)
		}
		begun, stop := make(chan struct{}), make(chan struct{})
		var writers sync.WaitGroup
		writers.Go(func() {
			for id := int64(1); ; id++ {
				err := writeFolder(ctx, db, id)
				if id == 1 {
					close(begun)
				}
				if err != nil {
					t.Error(err)
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
		<-begun
		papers := store.For[Paper](db)
		if err := store.For[Folder](db).Insert(ctx, &Folder{ID: -1}); err != nil {
			t.Error(err)
		}
		if err := papers.Insert(ctx, &Paper{ID: 1, FolderID: -1}); err != nil {
			t.Error(err)
		}
		if err := store.For[Folder](db).Delete(ctx, int64(-1)); err != nil {
			t.Errorf("the folder of a paper: %v", err)
		}
		if n := must(papers.Count(ctx, store.True())); n != 0 {
			t.Errorf("%d papers have no folder", n)
		}
		close(stop)
		writers.Wait()
	}, storetest.Models(Folder{}))
}

// writeFolder makes a folder and deletes it.
func writeFolder(ctx context.Context, db *store.DB, id int64) error {
	if err := store.For[Folder](db).Insert(ctx, &Folder{ID: id}); err != nil {
		return err
	}
	return store.For[Folder](db).Delete(ctx, id)
}

// wrongModel has a mistake in each of its fields.
type wrongModel struct {
	bun.BaseModel `bun:"table:wrong models"`
	ID            float64             `bun:",pk"`
	Kept          func()              `bun:",notnull"`
	Title         string              `plinth:"hiden"`
	Name          string              `bun:"na me"`
	Count         int64               `plinth:"searchable"`
	Due           int64               `bun:",default:soon"`
	By            map[string]struct{} `plinth:"read only"`
}

// leadsToWrong has a relation to a model that is rejected and one that does not fit.
type leadsToWrong struct {
	bun.BaseModel `bun:"table:leads"`
	ID            int64       `bun:",pk"`
	WrongID       float64     `bun:",notnull"`
	Name          string      `bun:",notnull"`
	Wrong         *wrongModel `bun:"rel:belongs-to,join:wrong_id=id"`
	Folder        *Folder     `bun:"rel:belongs-to,join:name=id"`
}

// TestRegisterReportsEveryMistake: all mistakes of all models are in one error, each once.
func TestRegisterReportsEveryMistake(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		err := db.Register(wrongModel{}, leadsToWrong{})
		if err == nil {
			t.Fatal("both models are accepted")
		}
		for _, want := range []string{`"wrong models"`, "primary key id", "wrongModel.Kept", `"hiden"`, `"na me"`, "only text is searchable", "wrongModel.Due", `"read only"`, "leadsToWrong.Folder"} {
			if n := strings.Count(err.Error(), want); n != 1 {
				t.Errorf("%s stands %d times in:\n%v", want, n, err)
			}
		}
	})
}
