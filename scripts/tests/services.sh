# shellcheck shell=bash
each_service_has_a_database_of_its_own_on_a_given_mongodb() {
    export FM_STORE='mongodb://u:p@a:27017,b:27017/market?replicaSet=r0'
    [ "$(store_of fm-cars)" = 'mongodb://u:p@a:27017,b:27017/fm-cars?replicaSet=r0' ]
    export FM_STORE=mongodb://localhost
    [ "$(store_of fm-cars)" = mongodb://localhost/fm-cars ]
    unset FM_STORE
    [ "$(store_of fm-cars)" = "$FM_DEV_DIR/data/fm-cars" ]
}

an_instance_is_told_by_its_number() {
    [ "$(service_of fm-cars-2)" = fm-cars ]
    [ "$(service_of fm-cars)" = fm-cars ]
    [ "$(instance fm-cars 1)" = fm-cars ]
    [ "$(instance fm-cars 3)" = fm-cars-3 ]
}
