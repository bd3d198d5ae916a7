package store_test

import (
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

// A junction that nobody has registered is named, with what to do: every use of its
// neighbours fails, so this is what newcomers see first.
func TestJunctionNotRegistered(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	_, err := store.For[Post](db).Count(t.Context(), store.True())
	if err == nil || !strings.Contains(err.Error(), "store_test.Post: the junction post_tags is not registered: give its model to DB.Register first") {
		t.Fatalf("error = %v", err)
	}
	db = storetest.New(t)
	if err := db.Register(PostTag{}); err != nil {
		t.Fatal(err)
	}
	if db.Table(Post{}) == nil {
		t.Error("the junction's neighbour is not registered")
	}
}
