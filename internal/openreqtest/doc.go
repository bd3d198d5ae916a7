// Package openreqtest has no code: its tests hold a server to its own OpenAPI
// document. They read the document of several callers, make thousands of requests
// of it, as it allows and against it, and compare every answer with what it says.
package openreqtest
