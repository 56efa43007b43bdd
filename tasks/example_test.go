package tasks_test

import (
	"fmt"
	"log"

	"finetune/tasks"
)

func Example() {
	task, err := tasks.Lookup("fashion-mnist")
	if err != nil {
		log.Fatal(err)
	}
	d, err := task.Embedded()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Protocol)
	for _, e := range tasks.Limit(d.Test, 3) {
		fmt.Println(e.Path, d.Classes[e.Label])
	}
	// Output:
	// train on the 2,000 training images of a slice (validation: 200 held out of them), test on 1,000
	// test/00345.png Trouser
	// test/00413.png Pullover
	// test/00714.png T-shirt/top
}
