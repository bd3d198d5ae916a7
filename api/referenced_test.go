package api_test

import "testing"

// TestDeleteReferenced: deleting a row that others refer to is an error that does not name
// their table, which the caller may not know.
func TestDeleteReferenced(t *testing.T) {
	t.Parallel()
	story(t, step{
		name: "delete", line: "DELETE /projects?id=eq." + pAlpha, status: 409,
		want: `{"code":"23503","message":"insert, update or delete violates a foreign key","details":"The row is still referenced, or has no matching row.","hint":null}`,
	})
}
