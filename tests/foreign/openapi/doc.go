// Package openapi has no code: its tests let foreign programs judge what an API
// says of itself. Two validators read the OpenAPI documents of both examples and
// of a fixture with every kind of column, and the TypeScript compiler reads the
// generated types together with calls of the real supabase-js, those that must
// compile and those that must not. openapi-typescript generates a client from a running
// application, which is compiled and used.
//
// They need Node.js 20 or later and the packages of package-lock.json (npm ci).
package openapi
