package conformance_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/uptrace/bun"
)

// Deleting an album deletes its songs. Deleting a song also deletes its soft-deleted
// marks and clears references from covers. It is rejected while a sale refers to the
// song.
type album struct {
	bun.BaseModel `bun:"table:albums"`
	ID            int64 `bun:",pk"`
}

type song struct {
	bun.BaseModel `bun:"table:songs"`
	ID            int64  `bun:",pk"`
	AlbumID       int64  `bun:",notnull"`
	CoverOfID     *int64 //
	Album         *album `bun:"rel:belongs-to,join:album_id=id,on_delete:CASCADE"`
	CoverOf       *song  `bun:"rel:belongs-to,join:cover_of_id=id,on_delete:SET NULL"`
}

type mark struct {
	bun.BaseModel `bun:"table:marks"`
	store.SoftDelete
	ID     int64 `bun:",pk"`
	SongID int64 `bun:",notnull"`
	Song   *song `bun:"rel:belongs-to,join:song_id=id,on_delete:CASCADE"`
}

type sale struct {
	bun.BaseModel `bun:"table:sales"`
	ID            int64 `bun:",pk"`
	SongID        int64 `bun:",notnull"`
	Song          *song `bun:"rel:belongs-to,join:song_id=id"`
}

func albumModels() []any { return []any{album{}, song{}, mark{}, sale{}} }

func testCascades(t *testing.T, db *store.DB) {
	ctx, albums := t.Context(), store.For[album](db)
	insert(t, db, &album{ID: 1}, &album{ID: 2})
	insert(t, db, &song{ID: 1, AlbumID: 1}, &song{ID: 2, AlbumID: 1}, &song{ID: 3, AlbumID: 2, CoverOfID: new(int64(1))})
	insert(t, db, &mark{ID: 1, SongID: 1}, &mark{ID: 2, SongID: 1}, &mark{ID: 3, SongID: 3})
	if err := store.For[mark](db).Delete(ctx, 2); err != nil {
		t.Fatal(err)
	}
	insert(t, db, &sale{ID: 1, SongID: 3})
	logged(t, db)

	wantCode(t, "an album with a sold song", albums.Delete(ctx, 2), "23503")
	wantLog(t, db)
	for what, n := range map[string]int64{
		"albums": value(albums.Count(ctx, store.Cond{}))(t), "songs": value(store.For[song](db).Count(ctx, store.Cond{}))(t) - 1,
		"marks": value(store.For[mark](db).Count(ctx, store.Cond{}))(t),
	} {
		if n != 2 {
			t.Errorf("a refused delete left %d %s", n, what)
		}
	}
	if err := albums.Delete(ctx, 1); err != nil {
		t.Fatal(err)
	}
	lines := logged(t, db)
	want := map[string]bool{
		`songs update [3] {"id":3,"album_id":2,"cover_of_id":1} -> {"id":3,"album_id":2,"cover_of_id":null}`: true,
		`marks delete [1] {"deleted_at":null,"id":1,"song_id":1} -> -`:                                       true,
		`marks delete [2] {"deleted_at":` + clockJSON + `,"id":2,"song_id":1} -> -`:                          true,
		`songs delete [1] {"id":1,"album_id":1,"cover_of_id":null} -> -`:                                     true,
		`songs delete [2] {"id":2,"album_id":1,"cover_of_id":null} -> -`:                                     true,
		`albums delete [1] {"id":1} -> -`:                                                                    true,
	}
	for _, line := range lines {
		if !want[line] {
			t.Errorf("unexpected change %s", line)
		}
		delete(want, line)
	}
	for line := range want {
		t.Errorf("no change %s", line)
	}
	wantRead(t, gateOf[song](db), query.Query{}, `[{"id":3,"album_id":2,"cover_of_id":null}]`)
	wantRead(t, gateOf[mark](db), query.Query{Select: columns("id")}, `[{"id":3}]`)
	if n := value(store.For[mark](db).WithDeleted().Count(ctx, store.Cond{}))(t); n != 1 {
		t.Errorf("%d marks with those in the bin, want 1", n)
	}
}
