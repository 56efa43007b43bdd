package tasks

// flowerNames are the names of labels 1 to 102, in order. The label files have
// numbers alone; the names are those in common use with the data set.
var flowerNames = [...]string{
	"pink primrose", "hard-leaved pocket orchid", "canterbury bells", "sweet pea", "english marigold", // 1 to 5
	"tiger lily", "moon orchid", "bird of paradise", "monkshood", "globe thistle",
	"snapdragon", "colt's foot", "king protea", "spear thistle", "yellow iris", // 11 to 15
	"globe-flower", "purple coneflower", "peruvian lily", "balloon flower", "giant white arum lily",
	"fire lily", "pincushion flower", "fritillary", "red ginger", "grape hyacinth", // 21 to 25
	"corn poppy", "prince of wales feathers", "stemless gentian", "artichoke", "sweet william",
	"carnation", "garden phlox", "love in the mist", "mexican aster", "alpine sea holly", // 31 to 35
	"ruby-lipped cattleya", "cape flower", "great masterwort", "siam tulip", "lenten rose",
	"barbeton daisy", "daffodil", "sword lily", "poinsettia", "bolero deep blue", // 41 to 45
	"wallflower", "marigold", "buttercup", "oxeye daisy", "common dandelion",
	"petunia", "wild pansy", "primula", "sunflower", "pelargonium", // 51 to 55
	"bishop of llandaff", "gaura", "geranium", "orange dahlia", "pink-yellow dahlia",
	"cautleya spicata", "japanese anemone", "black-eyed susan", "silverbush", "californian poppy", // 61 to 65
	"osteospermum", "spring crocus", "bearded iris", "windflower", "tree poppy",
	"gazania", "azalea", "water lily", "rose", "thorn apple", // 71 to 75
	"morning glory", "passion flower", "lotus", "toad lily", "anthurium",
	"frangipani", "clematis", "hibiscus", "columbine", "desert-rose", // 81 to 85
	"tree mallow", "magnolia", "cyclamen", "watercress", "canna lily",
	"hippeastrum", "bee balm", "ball moss", "foxglove", "bougainvillea", // 91 to 95
	"camellia", "mallow", "mexican petunia", "bromelia", "blanket flower",
	"trumpet creeper", "blackberry lily", // 101, 102
}
