package conformance_test

import "github.com/seed-7694ebf6/plinth/store"

func writeTopics() []topic {
	validated := store.Options{Validator: shortValidator{}}
	return []topic{
		{"Log", []any{account{}, quiet{}}, store.Options{}, testLog},
		{"Actors", append(albumModels(), account{}), store.Options{}, testActors},
		{"LogLimit", []any{wide{}}, limitedLog(), testLogLimit},
		{"LogPartial", []any{wide{}}, store.Options{}, testLogPartial},
		{"Hooks", []any{hooked{}, quiet{}}, validated, testHooks},
		{"Validation", []any{ruled{}}, validated, testValidation},
		{"Locking", []any{note{}}, store.Options{}, testLocking},
		{"CountedByHook", []any{debate{}, reply{}}, store.Options{}, testCountedByHook},
		{"Exactly", []any{budget{}, note{}}, store.Options{}, testExactly},
		{"SoftDelete", pageModels(), fixedClock(), testSoftDelete},
		{"Tenancy", []any{task{}, quiet{}}, store.Options{}, testTenancy},
		{"TenantKeys", []any{leaflet{}, bin{}}, store.Options{}, testTenantKeys},
		{"GeneratedKeys", []any{invoice{}, voucher{}}, store.Options{}, testGeneratedKeys},
		{"Constraints", []any{seat{}}, store.Options{}, testConstraints},
		{"Cascades", albumModels(), fixedClock(), testCascades},
		{"Upserts", []any{stock{}}, store.Options{}, testUpserts},
		{"Bulk", []any{everything{}}, store.Options{}, testBulk},
		{"Paths", []any{direct{}, stepped{}}, store.Options{}, testPaths},
		{"Images", []any{receipt{}, scrap{}}, store.Options{}, testImages},
		{"JudgedBefore", crewModels(), store.Options{}, testJudgedBefore},
		{"MadeKeys", crewModels(), store.Options{}, testMadeKeys},
		{"Growing", peopleModels(), store.Options{}, testGrowing},
		{"OwnTargets", peopleModels(), store.Options{}, testOwnTargets},
		{"ValuesOfImages", []any{gauge{}}, store.Options{}, testValuesOfImages},
		{"NullDocuments", []any{receipt{}}, store.Options{}, testNullDocuments},
	}
}
