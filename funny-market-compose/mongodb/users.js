// Runs once, when the database is set up: a user per service, who may touch the service's own database alone.
for (const name of ["fm_profile", "fm_cars", "fm_image", "fm_tracker"]) {
  db.getSiblingDB(name).createUser({ user: name, pwd: process.env.SERVICES_PASSWORD, roles: [{ role: "readWrite", db: name }] });
}
