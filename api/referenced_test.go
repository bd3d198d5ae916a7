package api_test

import "testing"

// TestDeleteReferenced: who deletes a row that others refer to is told so. Which table
// they are in is not said: the caller may not know it.
func TestDeleteReferenced(t *testing.T) {
	t.Parallel()
	story(t, step{
		name: "delete", line: "DELETE /projects?id=eq." + pAlpha, status: 409,
		want: `{"code":"23503","message":"insert, update or delete violates a foreign key","details":"The row is still referenced, or has no matching row.","hint":null}`,
	})
}
