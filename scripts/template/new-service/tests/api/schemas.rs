//! What the service says of itself to others, as it is committed in `schemas/`.

use crate::market;

#[actix_rt::test]
async fn the_committed_schemas_are_those_of_the_code() {
    market().assert_schemas_published();
}
