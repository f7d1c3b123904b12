# Makes one car of each line of models.tsv. $seed decides all that varies, so that every demo market has the same cars.

def places: [
  {postal_code: "10115", lat: 52.53, lon: 13.38}, {postal_code: "20095", lat: 53.55, lon: 10.0}, {postal_code: "80331", lat: 48.14, lon: 11.57},
  {postal_code: "50667", lat: 50.94, lon: 6.96}, {postal_code: "04109", lat: 51.34, lon: 12.37}, {postal_code: "70173", lat: 48.78, lon: 9.18}
];
def colors: ["black", "grey", "white", "silver", "blue", "red", "green", "black", "grey", "white", "blue", "orange", "yellow", "brown", "beige"];
def words: [
  "Garaged, serviced on time, both keys.", "Second owner, no accidents, winter tyres included.", "Long journeys only, runs like new.",
  "New brakes and battery this year.", "Inspection valid for two more years.", "Non-smoker, always parked inside.",
  "Selling because the family grows.", "Bought here, full history, viewing any evening."
];
# A number from 0 to under $below, another one for each $for.
def draw($n; $for; $below): (($n * 7919 + $for * 104729 + $seed * 31) * 2654435761 % 4294967296) / 65536 | floor | . % $below;

[inputs | select(length > 0) | split("\t")]
| to_entries
| map(
    .key as $n
    | (.value | {maker: .[0], model: .[1], body: .[2], new: (.[3] | tonumber), power: (.[4] | tonumber), engine: .[5]}) as $kind
    | draw($n; 1; 12) as $age
    | {
        maker: $kind.maker, model: $kind.model, body: $kind.body, engine: $kind.engine, power_ps: $kind.power,
        year: ($this_year - 1 - $age),
        mileage: (4000 + $age * (7000 + draw($n; 2; 11000)) | . / 100 | floor * 100),
        price: ($kind.new * (1.25 - $age * 0.065) * (0.93 + draw($n; 3; 15) / 100) | . / 50 | floor * 50),
        color: colors[draw($n; 4; colors | length)],
        gearbox: (if $kind.engine == "electric" or draw($n; 5; 10) < 4 then "automatic" else "manual" end),
        options: [$options[] as $option | $option | select(draw($n; 20 + ($options | index($option)); 10) < 3)],
        description: words[draw($n; 6; words | length)],
        location: places[draw($n; 7; places | length)],
        status: "listed"
      }
  )
