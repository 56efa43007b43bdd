package matfile_test

import (
	"fmt"
	"log"
	"os"

	"finetune/internal/matfile"
)

func Example() {
	r, err := os.Open("testdata/compressed.mat")
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	f, err := matfile.Read(r, matfile.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	annotations, err := f.Var("annotations")
	if err != nil {
		log.Fatal(err)
	}
	for i := range annotations.Len() {
		field, err := annotations.Field(i, "fname")
		if err != nil {
			log.Fatal(err)
		}
		name, err := field.Text()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(name)
	}
	// Output:
	// 00001.jpg
	// 00002.jpg
}
